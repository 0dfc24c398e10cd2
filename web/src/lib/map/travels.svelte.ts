// Who is where in a world, who is on the way, and what happened there; live.

import { describe, isPassing } from '../api/client';
import { feed } from '../live/feed.svelte';
import type { Happening, Move } from '../live/happening';
import { askPlaces, type Place } from './places';

/** Some on their way between two places (slugs), together. */
export interface Walk {
  id: string;
  from: string;
  to: string;
  who: readonly string[];
}

/** Somebody at a place, or before its door. */
export interface Guest {
  name: string;
  /** The place has not received them yet. */
  outside: boolean;
}

/** Walks that are drawn at the same time; others are there at once. */
const WALKS_MAX = 24;
/** Scenes that are kept for the list. */
const SCENES_MAX = 40;
/** Lists are shown anew this often at most. */
const SHOW_EVERY_MS = 150;
/** What waits for a place, and whether it is up, is told by no event. */
const ASK_EVERY_MS = 4_000;
/** Moves that are known to have arrived, while their walks still go on here. */
const ARRIVED_MAX = 500;

export class Travels {
  places = $state.raw<readonly Place[]>([]);
  /** Who is at each place, by slug. */
  at = $state.raw<ReadonlyMap<string, readonly Guest[]>>(new Map());
  walks = $state.raw<readonly Walk[]>([]);
  /** Newest first. */
  scenes = $state.raw<readonly Move[]>([]);
  ready = $state(false);
  error = $state<string | null>(null);
  /** Moves that came while the page was open. */
  moves = $state(0);

  /** Where each character is. */
  #where = new Map<string, { place: string; outside: boolean }>();
  #walks = new Map<string, Walk>();
  #arrived = new Set<string>();
  #scenes: Move[] = [];
  #moves = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: ReturnType<typeof setInterval>;
  #stop: () => void;
  #gone = false;

  constructor(
    readonly world: string,
    /** Nobody wants to see movement. */
    readonly calm: () => boolean,
  ) {
    this.#stop = feed.listen((happenings) => this.#take(happenings));
    feed.follow(world);
    void this.load();
    this.#asking = setInterval(() => void this.load(), ASK_EVERY_MS);
  }

  leave(): void {
    this.#gone = true;
    this.#stop();
    clearTimeout(this.#timer);
    clearInterval(this.#asking);
  }

  /** Asks where everybody is. */
  async load(): Promise<void> {
    const before = this.#moves;
    try {
      const places = await askPlaces(this.world);
      if (this.#gone) return;
      this.places = places;
      // What was said while it was asked for is newer than the answer.
      if (before === this.#moves || !this.ready) this.#settle(places);
      this.error = null;
      this.ready = true;
      this.#show();
    } catch (error) {
      if (this.#gone) return;
      if (!this.ready || !isPassing(error)) this.error = describe(error);
    }
  }

  /** A walk has come to its end on the page. */
  ended(id: string): void {
    const walk = this.#walks.get(id);
    if (!walk) return;
    this.#walks.delete(id);
    const outside = !this.#arrived.has(id);
    for (const name of walk.who) this.#where.set(name, { place: walk.to, outside });
    this.#showSoon();
  }

  #settle(places: readonly Place[]): void {
    const walking = new Set([...this.#walks.values()].flatMap(({ who }) => who));
    for (const { slug, characters, travelling } of places) {
      const coming = new Set(travelling);
      for (const name of characters) {
        if (!walking.has(name)) this.#where.set(name, { place: slug, outside: coming.has(name) });
      }
    }
  }

  #take(happenings: readonly Happening[]): void {
    let changed = false;
    for (const happening of happenings) {
      if (happening.what !== 'moved' || happening.move.world !== this.world) continue;
      changed = true;
      if (happening.move.state === 'arrived') this.#come(happening.move);
      else this.#go(happening.move);
    }
    if (changed) this.#showSoon();
  }

  #go(move: Move): void {
    if (move.scene) this.#scenes = [move, ...this.#scenes].slice(0, SCENES_MAX);
    if (move.fromSlug === null || move.characters.length === 0) return;
    this.#moves += 1;
    const walk = { id: move.id, from: move.fromSlug, to: move.toSlug, who: move.characters };
    // One who sets out again before the page has seen the end of the last walk is not seen twice.
    for (const other of this.#walks.values()) {
      if (other.who.some((name) => walk.who.includes(name))) this.ended(other.id);
    }
    for (const name of walk.who) this.#where.delete(name);
    this.#walks.set(walk.id, walk);
    if (this.calm() || document.hidden || this.#walks.size > WALKS_MAX) this.ended(walk.id);
  }

  #come({ id, toSlug, characters }: Move): void {
    this.#arrived.add(id);
    if (this.#arrived.size > ARRIVED_MAX) this.#arrived.delete(this.#arrived.values().next().value ?? '');
    // Whoever still walks on the page arrives when they have come so far.
    if (this.#walks.has(id)) return;
    for (const name of characters) {
      if (this.#where.get(name)?.place === toSlug) this.#where.set(name, { place: toSlug, outside: false });
    }
  }

  #showSoon(): void {
    this.#timer ??= setTimeout(() => this.#show(), SHOW_EVERY_MS);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const at = new Map<string, Guest[]>();
    for (const [name, { place, outside }] of this.#where) {
      const here = at.get(place) ?? [];
      if (here.length === 0) at.set(place, here);
      here.push({ name, outside });
    }
    this.at = at;
    this.walks = [...this.#walks.values()];
    this.scenes = this.#scenes;
    this.moves = this.#moves;
  }
}
