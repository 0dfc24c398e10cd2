// The figures of the operations page, asked for while somebody looks at it.

import { describe, Refusal } from './api/client';
import { questions, type Inbox, type RoleProcess, type Stats } from './api/questions';
import { worlds } from './worlds.svelte';

const EVERY_MS = 2_000;
/** Points of a sparkline: two minutes. */
const HISTORY = 60;
/** Inboxes whose history is kept. */
const TRACKED_MAX = 500;

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
    await questions.setRole(id, wish);
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
      const { items } = await questions.inboxes();
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
      this.roles = (await questions.roles()).items;
      this.errors = { ...this.errors, roles: null };
    } catch (error) {
      this.#failed('roles', error);
    }
  }

  async #askStats(): Promise<void> {
    this.stats = await questions.stats().catch(() => this.stats);
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
      history.set(name, [...before, ready + unacked].slice(-HISTORY));
    }
    this.history = history;
  }
}
