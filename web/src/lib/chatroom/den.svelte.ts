// What somebody's companions said, how they feel, and who ran away. Asked for when it is wanted: nothing
// stays open for it.

import { ask, client, describe, Refusal } from '../api/client';
import type { components } from '../api/schema';
import { me } from '../me.svelte';
import { unread } from '../unread.svelte';
import { uuid } from '../uuid';

type Schemas = components['schemas'];
export type Talk = Schemas['Talk'];
export type TalkPerson = Schemas['TalkPerson'];
export type TalkLine = Schemas['TalkLine'];
export type Creature = Schemas['Creature'];
export type Moods = Schemas['Moods'];
export type Mood = Schemas['Mood'];
export type Runaway = Schemas['Runaway'];
export type Recovered = Schemas['Recovered'];
export type Notice = Schemas['Notification'];

/** The one on the stage, and ten of before. */
const TALKS = 11;
const NOTICES = 4;

/** What somebody saw last stays as long as the page: who comes back to the view need not wait. */
let kept: { account: string; den: Den } | null = null;

export function denOf(account: string, world: string | null): Den {
  if (kept?.account !== account || kept.den.world !== world) kept = { account, den: new Den(world) };
  return kept.den;
}

export class Den {
  talks = $state.raw<readonly Talk[]>([]);
  runaways = $state.raw<readonly Runaway[]>([]);
  moods = $state.raw<Moods | null>(null);
  notices = $state.raw<readonly Notice[]>([]);
  ready = $state(false);
  error = $state<string | null>(null);
  /** No world of this server has companions. */
  closed = $state(false);
  /** What came of the last attempt. */
  outcome = $state.raw<Recovered | null>(null);

  /** Keys of attempts that nobody has answered yet: asked again, they are not made twice. */
  #keys = new Map<string, string>();

  constructor(readonly world: string | null) {}

  get #query(): { world?: string } {
    return this.world === null ? {} : { world: this.world };
  }

  async load(): Promise<void> {
    const query = this.#query;
    try {
      const [talks, runaways, moods, notices] = await Promise.all([
        ask(client.GET('/api/chatroom/conversations', { params: { query: { ...query, limit: TALKS } } })),
        ask(client.GET('/api/chatroom/runaways', { params: { query } })),
        ask(client.GET('/api/chatroom/moods', { params: { query } })),
        ask(client.GET('/api/notifications', { params: { query: { limit: NOTICES } } })),
      ]);
      this.talks = talks.items;
      this.runaways = runaways.items;
      this.moods = moods;
      this.notices = notices.items;
      this.error = null;
      this.ready = true;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** It was heard to its end. */
  async read(talk: Talk): Promise<void> {
    if (talk.readAt) return;
    const at = new Date().toISOString();
    this.talks = this.talks.map((one) => (one.id === talk.id ? { ...one, readAt: at } : one));
    try {
      const left = await ask(
        client.POST('/api/chatroom/mark-read/{id}', { params: { path: { id: talk.id }, query: this.#query } }),
      );
      unread.count = left.unread;
    } catch (error) {
      this.talks = this.talks.map((one) => (one.id === talk.id ? { ...one, readAt: null } : one));
      if (error instanceof Refusal && error.status === 401) me.forget();
    }
  }

  /** An attempt; a {@link Refusal} where it could not be made. */
  async recover(runaway: Runaway): Promise<Recovered> {
    const creatureId = runaway.creatureId;
    const key = this.#keys.get(creatureId) ?? uuid();
    this.#keys.set(creatureId, key);
    try {
      const made = await ask(
        client.POST('/api/chatroom/recover/{creatureId}', {
          params: { path: { creatureId }, header: { 'Idempotency-Key': key }, query: this.#query },
        }),
      );
      this.#keys.delete(creatureId);
      this.outcome = made;
      await this.load();
      return made;
    } catch (error) {
      // Only what was not answered may have been made.
      if (error instanceof Refusal && error.status !== 0 && error.status < 500) this.#keys.delete(creatureId);
      throw error;
    }
  }

  async meditate(creature: Creature): Promise<void> {
    const changed = await ask(
      client.POST('/api/chatroom/meditate/{creatureId}', {
        params: { path: { creatureId: creature.creatureId }, query: this.#query },
      }),
    );
    if (!this.moods) return;
    const companions = this.moods.companions.map((one) =>
      one.creatureId === changed.creatureId ? { ...changed, trend: one.trend } : one,
    );
    this.moods = { ...this.moods, companions };
  }

  #failed(error: unknown): void {
    if (error instanceof Refusal && error.status === 401) me.forget();
    else if (error instanceof Refusal && error.code === 'no_companions') this.closed = true;
    else this.error = describe(error);
  }
}
