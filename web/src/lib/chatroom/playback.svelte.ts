// Plays a conversation that was said a while ago: somebody types, the line appears, there is time to read
// it, and so on; what came of it is told at the end.

import type { Talk, TalkLine } from './den.svelte';

/** Somebody types for so long. */
export const TYPING_MS = 1_000;
/** A line can be read for so long, and longer the longer it is. */
export const READING_MS_MIN = 700;
export const READING_MS_MAX = 2_600;
const READING_MS_PER_CHAR = 22;

export const readingMs = (text: string): number =>
  Math.min(READING_MS_MAX, Math.max(READING_MS_MIN, [...text].length * READING_MS_PER_CHAR));

export class Playback {
  /** Lines that were said. */
  shown = $state(0);
  /** Who types. */
  typing = $state<string | null>(null);
  /** It goes on by itself. */
  running = $state(false);

  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly talk: Talk,
    readonly onend: () => void,
  ) {}

  get lines(): readonly TalkLine[] {
    return this.talk.messages.slice(0, this.shown);
  }

  /** All of it was said. */
  get done(): boolean {
    return this.shown >= this.talk.messages.length;
  }

  /** Whose line is read just now. */
  get speaker(): string | null {
    return this.running && this.typing === null ? (this.lines.at(-1)?.from ?? null) : null;
  }

  /** From the beginning. */
  play(): void {
    this.#stop();
    this.shown = 0;
    this.resume();
  }

  pause(): void {
    this.#stop();
  }

  resume(): void {
    this.running = true;
    this.#next();
  }

  /** To the end, at once. */
  skip(): void {
    this.#stop();
    this.shown = this.talk.messages.length;
    this.onend();
  }

  leave(): void {
    this.#stop();
  }

  #next(): void {
    const line = this.talk.messages[this.shown];
    if (!line) {
      this.skip();
      return;
    }
    this.typing = line.from;
    this.#timer = setTimeout(() => this.#say(line), TYPING_MS);
  }

  #say(line: TalkLine): void {
    this.typing = null;
    this.shown += 1;
    this.#timer = setTimeout(() => this.#next(), readingMs(line.text));
    if (this.done) {
      // There is nothing to wait for after the last line but its reading.
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.skip(), READING_MS_MIN);
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.typing = null;
    this.running = false;
  }
}
