// Which messages become notes and bubbles, and of what kind.

import type { Conversation, Message } from '../api/client';
import type { NoteKind, Thread } from './painter';

/** What a message looks like on its way. */
export function noteKind(message: Message): NoteKind {
  if (message.kind === 'aside') return 'aside';
  return message.conversationKind === 'side' ? 'whisper' : 'line';
}

/** The threads between those who talk: every two of a conversation, for the last ones opened. */
export function threadsOf(active: readonly Conversation[], most: number): Thread[] {
  const threads: Thread[] = [];
  for (const { participants, kind } of active.slice(-most)) {
    const [first, ...others] = participants;
    for (const other of others.slice(0, 6)) {
      if (first !== undefined) threads.push({ a: first, b: other, kind: kind === 'side' ? 'whisper' : 'line' });
    }
  }
  return threads;
}

/**
 * Who sits at the table: the cast in its order while there are seats; beyond that whoever speaks
 * takes the seat of the one who has been silent longest.
 */
export class Guests {
  #seated: string[] = [];
  #spokeAt = new Map<string, number>();
  #turn = 0;

  constructor(readonly seatsMax: number) {}

  get seated(): readonly string[] {
    return this.#seated;
  }

  /** Fills free seats; true when somebody sat down. */
  invite(names: readonly string[]): boolean {
    const fresh = names.filter((name) => !this.#seated.includes(name));
    const taken = fresh.slice(0, Math.max(0, this.seatsMax - this.#seated.length));
    this.#seated = [...this.#seated, ...taken];
    return taken.length > 0;
  }

  /** These have spoken; true when the table has changed. */
  spoke(names: Iterable<string>): boolean {
    let changed = false;
    for (const name of names) {
      this.#turn += 1;
      if (!this.#seated.includes(name)) changed = this.#sit(name) || changed;
      if (this.#seated.includes(name)) this.#spokeAt.set(name, this.#turn);
    }
    return changed;
  }

  #sit(name: string): boolean {
    if (this.#seated.length < this.seatsMax) {
      this.#seated = [...this.#seated, name];
      return true;
    }
    const since = (guest: string): number => this.#spokeAt.get(guest) ?? 0;
    const quiet = this.#seated.reduce((a, b) => (since(b) < since(a) ? b : a));
    this.#spokeAt.delete(quiet);
    this.#seated = this.#seated.map((guest) => (guest === quiet ? name : guest));
    return true;
  }
}
