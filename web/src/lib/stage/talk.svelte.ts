// The speech bubbles on the stage: one for each speaker, each for as long as it takes to read it.

import { tick } from 'svelte';
import type { Message } from '../api/client';
import { place } from './bubbles';
import type { Rect, Size } from './geometry';

export interface Bubble {
  message: Message;
  /** Where it is; null until its size is known. */
  rect: Rect | null;
  /** When it goes. */
  until: number;
}

/** The stage as a bubble meets it. */
export interface Surroundings {
  size: Size;
  /** Where this person sits. */
  seatOf: (name: string) => Rect | null;
  /** What is not to be covered. */
  obstacles: () => Rect[];
}

const LASTS_MS_MIN = 3_200;
const LASTS_MS_MAX = 9_000;
const READING_MS_PER_CHARACTER = 38;

export class Bubbles {
  shown = $state.raw<readonly Bubble[]>([]);
  readonly #elements = new Map<string, HTMLElement>();

  /** Shows what was said, at most so many at a time. */
  say(message: Message, nowMs: number, most: number, around: Surroundings): void {
    const lasts = Math.min(LASTS_MS_MAX, LASTS_MS_MIN + message.text.length * READING_MS_PER_CHARACTER);
    const others = this.shown.filter((bubble) => bubble.message.from !== message.from);
    const kept = most > 1 ? others.slice(-(most - 1)) : [];
    this.shown = [...kept, { message, rect: null, until: nowMs + lasts }];
    void tick().then(() => this.#settle(message, around));
  }

  /** Takes away what has been read; false when nothing is left. */
  expire(nowMs: number): boolean {
    const kept = this.shown.filter((bubble) => bubble.until > nowMs);
    if (kept.length < this.shown.length) this.shown = kept;
    return kept.length > 0;
  }

  clear(): void {
    this.shown = [];
  }

  /** An action: the element of a bubble, whose size is asked for. */
  measure = (element: HTMLElement, id: string): { destroy: () => void } => {
    this.#elements.set(id, element);
    return { destroy: () => this.#elements.delete(id) };
  };

  /** Finds a place for a bubble; older ones make room where there is none. */
  #settle(message: Message, { size, seatOf, obstacles }: Surroundings): void {
    const element = this.#elements.get(message.id);
    const speaker = seatOf(message.from);
    const mine = this.shown.find((bubble) => bubble.message.id === message.id);
    if (!element || !speaker || !mine) return;
    const wanted = { w: element.offsetWidth, h: element.offsetHeight };
    const faces = obstacles();
    let others = this.shown.filter((bubble) => bubble !== mine);
    let rect: Rect | null = null;
    do {
      const bubbles = others.map((bubble) => bubble.rect).filter((taken) => taken !== null);
      rect = place(speaker, wanted, { stage: size, faces, bubbles });
      if (rect === null) others = others.slice(1);
    } while (rect === null && others.length > 0);
    this.shown = [...others, { ...mine, rect: rect ?? place(speaker, wanted, { stage: size, faces, bubbles: [] }) }];
  }
}
