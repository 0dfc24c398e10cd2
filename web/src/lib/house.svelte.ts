// One world as the page knows it: who is there, what was said last, who talks with whom.

import {
  ask,
  client,
  describe,
  type Character,
  type Conversation,
  type Message,
  type World,
} from './api/client';
import { announcer } from './announce.svelte';
import { names } from './format';
import { feed } from './live/feed.svelte';
import type { Happening } from './live/happening';
import { Ring } from './live/ring';

/** Lines that are kept for the transcript. */
export const LINES_MAX = 300;
/** Conversations that are followed at the same time. */
const ACTIVE_MAX = 200;
const CAST_MAX = 500;
/** Lists are shown anew this often at most. */
const SHOW_EVERY_MS = 150;
/** In a crowd: often, so that each frame has few new lines to bear, and the people only now and then. */
const SHOW_EVERY_MS_CROWDED = 100;
const LINES_PER_PEOPLE = 5;
/** In a flood, where every line on the page is another one each time. */
const SHOW_EVERY_MS_FLOODED = 300;
/** Who is in the cast is asked for this often at most when strangers speak. */
const MEET_EVERY_MS = 5_000;
/** Messages a second that are a crowd, and those that are a flood. */
const CROWDED = 12;
const FLOODED = 80;
/** How much of a mood the last line makes. */
const MOOD_SHARE = 0.3;

export class House {
  world = $state.raw<World | null>(null);
  cast = $state.raw<Character[]>([]);
  /** Oldest first. */
  lines = $state.raw<readonly Message[]>([]);
  active = $state.raw<readonly Conversation[]>([]);
  moods = $state.raw<ReadonlyMap<string, number>>(new Map());
  /** Whose turn it is. */
  turns = $state.raw<ReadonlySet<string>>(new Set());
  ready = $state(false);
  error = $state<string | null>(null);
  /** Messages that came while the page was open. */
  heard = $state(0);

  #lines = new Ring<Message>(LINES_MAX);
  #seen = new Set<string>();
  #active = new Map<string, Conversation>();
  #expected = new Map<string, string>();
  #moods = new Map<string, number>();
  #heard = 0;
  #names = new Set<string>();
  #metAt = -MEET_EVERY_MS;
  #talksChanged = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shownAt = 0;
  /** In a crowd: how often lines are shown before the people are, so that no frame has to bear both. */
  #turns = 0;
  #stop: () => void;
  #onLines = new Set<(messages: readonly Message[]) => void>();
  #gone = false;

  constructor(readonly name: string) {
    this.#stop = feed.listen((happenings) => this.#take(happenings));
    feed.follow(name);
    void this.load();
  }

  /** Calls back with messages as they come, before lists show them. */
  onMessages(listener: (messages: readonly Message[]) => void): () => void {
    this.#onLines.add(listener);
    return () => this.#onLines.delete(listener);
  }

  leave(): void {
    this.#gone = true;
    this.#stop();
    clearTimeout(this.#timer);
  }

  /** Asks for everything; what came live meanwhile stays. */
  async load(): Promise<void> {
    const params = { path: { world: this.name } };
    try {
      const [world, cast, recent, open] = await Promise.all([
        ask(client.GET('/api/worlds/{world}', { params })),
        ask(client.GET('/api/worlds/{world}/characters', { params })),
        ask(client.GET('/api/worlds/{world}/messages', { params: { ...params, query: { limit: 60 } } })),
        ask(
          client.GET('/api/worlds/{world}/conversations', {
            params: { ...params, query: { status: 'ACTIVE', limit: 100 } },
          }),
        ),
      ]);
      if (this.#gone) return;
      this.world = world;
      this.#meet(cast.items);
      this.#remember(open.items, recent.items);
      this.error = null;
      this.ready = true;
    } catch (error) {
      if (!this.#gone) this.error = describe(error);
    }
  }

  #remember(open: readonly Conversation[], recent: readonly Message[]): void {
    this.#talksChanged = true;
    for (const conversation of open) this.#active.set(conversation.id, conversation);
    const live = this.#lines.items;
    const before = [...recent].reverse().filter((message) => !this.#seen.has(message.id));
    this.#lines.clear();
    for (const message of before) this.#seen.add(message.id);
    this.#lines.push(...before, ...live);
    for (const message of this.#lines.items) this.#feel(message);
    this.#show();
  }

  #take(happenings: readonly Happening[]): void {
    const fresh: Message[] = [];
    for (const happening of happenings) {
      if (happening.what === 'message') {
        if (this.#hear(happening.message)) fresh.push(happening.message);
      } else if (happening.what === 'world') this.#changed(happening);
      else if (happening.what !== 'moved' && happening.conversation.world === this.name) this.#turned(happening);
    }
    if (fresh.length > 0) for (const listener of this.#onLines) listener(fresh);
    this.#showSoon();
  }

  #hear(message: Message): boolean {
    if (this.#seen.has(message.id)) return false;
    this.#seen.add(message.id);
    if (this.#seen.size > LINES_MAX * 4) this.#seen = new Set(this.#lines.items.map((m) => m.id));
    this.#heard += 1;
    this.#lines.push(message);
    this.#feel(message);
    if (this.ready && !this.#names.has(message.from)) this.#newcomer();
    return true;
  }

  #meet(cast: readonly Character[]): void {
    this.cast = cast.slice(0, CAST_MAX);
    this.#names = new Set(cast.map((character) => character.name));
  }

  /** Somebody speaks who was not there before: the cast may have grown. */
  #newcomer(): void {
    const now = performance.now();
    if (now - this.#metAt < MEET_EVERY_MS) return;
    this.#metAt = now;
    const params = { path: { world: this.name } };
    ask(client.GET('/api/worlds/{world}/characters', { params })).then(
      (cast) => !this.#gone && this.#meet(cast.items),
      // They stay unknown until they speak again.
      () => undefined,
    );
  }

  #feel(message: Message): void {
    const mood = this.#moods.get(message.from) ?? 0;
    this.#moods.set(message.from, mood * (1 - MOOD_SHARE) + message.sentiment * MOOD_SHARE);
    if (this.#moods.size > CAST_MAX) this.#moods.delete(this.#moods.keys().next().value ?? '');
    const next = message.kind === 'line' ? message.to[0] : undefined;
    if (next && this.#active.has(message.conversationId)) this.#expected.set(message.conversationId, next);
  }

  #turned({ what, conversation }: Extract<Happening, { conversation: Conversation }>): void {
    const who = names(conversation.participants);
    this.#talksChanged = true;
    if (what === 'closed') {
      this.#active.delete(conversation.id);
      this.#expected.delete(conversation.id);
      if (this.#active.size === 0) announcer.say(`${who} have finished. Nobody is talking now.`);
      return;
    }
    if (this.#active.size >= ACTIVE_MAX) this.#active.delete(this.#active.keys().next().value ?? '');
    this.#active.set(conversation.id, conversation);
    const first = conversation.participants[0];
    if (first) this.#expected.set(conversation.id, first);
    announcer.say(`${who} talk${conversation.topic ? ` about ${conversation.topic}` : ''}.`);
  }

  #changed(change: Extract<Happening, { what: 'world' }>): void {
    if (!this.world || change.world !== this.name) return;
    const { paused } = change;
    if (paused !== null) {
      this.world = { ...this.world, paused };
      announcer.say(paused ? 'The world is paused.' : 'The world goes on.');
    }
    void this.#refreshWorld();
  }

  async #refreshWorld(): Promise<void> {
    const params = { path: { world: this.name } };
    const world = await ask(client.GET('/api/worlds/{world}', { params })).catch(() => null);
    if (world && !this.#gone) this.world = world;
  }

  #showSoon(): void {
    if (this.#timer !== undefined) return;
    const rate = feed.messages.rate(Date.now(), 2);
    const crowded = rate > CROWDED;
    const every = rate > FLOODED ? SHOW_EVERY_MS_FLOODED : crowded ? SHOW_EVERY_MS_CROWDED : SHOW_EVERY_MS;
    const wait = Math.max(0, this.#shownAt + every - performance.now());
    this.#timer = setTimeout(() => (crowded ? this.#showInTurn() : this.#show()), wait);
  }

  #show(): void {
    this.#shown();
    this.#showLines();
    this.#showPeople();
  }

  #showInTurn(): void {
    this.#shown();
    this.#turns = (this.#turns + 1) % LINES_PER_PEOPLE;
    const people = this.#turns === 0;
    if (people) this.#showPeople();
    else this.#showLines();
    // The others must come too, though nothing more may happen; and lines that came meanwhile.
    if (!people || this.heard !== this.#heard) this.#showSoon();
  }

  #shown(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#shownAt = performance.now();
  }

  #showLines(): void {
    this.lines = this.#lines.items;
    this.heard = this.#heard;
  }

  #showPeople(): void {
    if (this.#talksChanged) {
      this.#talksChanged = false;
      this.active = [...this.#active.values()];
    }
    this.moods = new Map(this.#moods);
    this.turns = new Set(this.world?.paused ? [] : this.#expected.values());
  }
}
