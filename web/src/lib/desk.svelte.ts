// The figures of the operations page, asked for while somebody looks at it.

import { describe, Refusal } from './api/client';
import { api, type Inbox, type RoleProcess } from './api/coming';
import { worlds } from './worlds.svelte';

const EVERY_MS = 2_000;
/** Points of a sparkline: two minutes. */
const HISTORY = 60;
/** Inboxes whose history is kept. */
const TRACKED_MAX = 500;

export interface Stats {
  messagesPerSecond: number | null;
  active: number | null;
  outbox: number | null;
  viewers: number | null;
}

interface Errors {
  inboxes: string | null;
  roles: string | null;
}

export class Desk {
  inboxes = $state.raw<readonly Inbox[] | null>(null);
  roles = $state.raw<readonly RoleProcess[] | null>(null);
  stats = $state.raw<Stats | null>(null);
  /** Depths of each inbox, oldest first. */
  history = $state.raw<ReadonlyMap<string, readonly number[]>>(new Map());
  errors = $state.raw<Errors>({ inboxes: null, roles: null });
  lost = $state<string | null>(null);
  at = $state<number | null>(null);
  readonly everySeconds = EVERY_MS / 1_000;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #open = false;

  get worlds(): readonly string[] {
    return worlds.all?.map((world) => world.name) ?? [];
  }

  open(): void {
    this.#open = true;
    void this.#round();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
  }

  async setRole(id: string, wish: 'stop' | 'start'): Promise<void> {
    await api.setRole(id, wish);
    await this.#askRoles();
  }

  async #round(): Promise<void> {
    clearTimeout(this.#timer);
    if (!document.hidden) {
      if (worlds.all === null) void worlds.load();
      await Promise.all([this.#askInboxes(), this.#askRoles(), this.#askStats()]);
      this.at = Date.now();
    }
    if (this.#open) this.#timer = setTimeout(() => void this.#round(), EVERY_MS);
  }

  async #askInboxes(): Promise<void> {
    try {
      const { items } = await api.inboxes();
      this.inboxes = items;
      this.#remember(items);
      this.errors = { ...this.errors, inboxes: null };
      this.lost = null;
    } catch (error) {
      this.#failed('inboxes', error);
    }
  }

  async #askRoles(): Promise<void> {
    try {
      this.roles = (await api.roles()).items;
      this.errors = { ...this.errors, roles: null };
    } catch (error) {
      this.#failed('roles', error);
    }
  }

  async #askStats(): Promise<void> {
    const stats = await api.stats().catch(() => null);
    if (stats === null) return;
    this.stats = {
      messagesPerSecond: number(stats, 'messagesPerSecond'),
      active: number(stats, 'conversationsActive', 'conversations'),
      outbox: number(stats, 'outboxDepth', 'outbox'),
      viewers: number(stats, 'liveViewers', 'viewers'),
    };
  }

  #failed(what: keyof Errors, error: unknown): void {
    const text = describe(error);
    this.errors = { ...this.errors, [what]: text };
    if (error instanceof Refusal && error.code === 'offline') this.lost = text;
  }

  #remember(inboxes: readonly Inbox[]): void {
    const history = new Map<string, readonly number[]>();
    for (const { name, ready, unacked } of inboxes.slice(0, TRACKED_MAX)) {
      const before = this.history.get(name) ?? [];
      history.set(name, [...before, ready + (unacked ?? 0)].slice(-HISTORY));
    }
    this.history = history;
  }
}

/** A figure of an answer, under the first name that it has. */
function number(answer: Record<string, unknown>, ...names: string[]): number | null {
  for (const name of names) {
    const value = answer[name];
    if (typeof value === 'number') return value;
    if (typeof value === 'object' && value !== null) {
      const inner = value as Record<string, unknown>;
      const found = ['active', 'last1s', 'last10s', 'one', 'ten'].map((key) => inner[key]).find((v) => typeof v === 'number');
      if (typeof found === 'number') return found;
    }
  }
  return null;
}
