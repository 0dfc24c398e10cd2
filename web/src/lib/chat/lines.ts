// The lines of a chat in their order: what was said, and what is still on its way to the server.

import type { ChatLine } from './frames';

export class Lines {
  #said: ChatLine[] = [];
  #waiting: ChatLine[] = [];

  /** Oldest first; what is on its way comes last. */
  get all(): readonly ChatLine[] {
    return [...this.#said, ...this.#waiting];
  }

  /** What the server has not said that it has. */
  get waiting(): readonly ChatLine[] {
    return this.#waiting;
  }

  /** The last line that the server has; what is missed is what came after it. */
  get lastSaid(): string | null {
    return this.#said.at(-1)?.id ?? null;
  }

  /** A line that sets out. */
  send(id: string, text: string): void {
    this.#waiting = [...this.#waiting, { id, role: 'user', text, at: null, fallback: false }];
  }

  /** The server has it, perhaps for the second time that it says so. */
  arrived(line: ChatLine): void {
    this.#waiting = this.#waiting.filter(({ id }) => id !== line.id);
    if (!this.#said.some(({ id }) => id === line.id)) this.#said.push(line);
  }

  /** Lines from before, oldest first. */
  remember(lines: readonly ChatLine[]): void {
    const known = new Set(lines.map(({ id }) => id));
    this.#said = [...lines, ...this.#said.filter(({ id }) => !known.has(id))];
    this.#waiting = this.#waiting.filter(({ id }) => !known.has(id));
  }

  /** It will not be said. */
  giveUp(id: string): ChatLine | null {
    const line = this.#waiting.find((one) => one.id === id) ?? null;
    this.#waiting = this.#waiting.filter((one) => one.id !== id);
    return line;
  }
}
