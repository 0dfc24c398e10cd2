/** The last items, at most `size`: what comes in pushes the oldest out. */
export class Ring<T> {
  #items: T[] = [];

  constructor(readonly size: number) {}

  /** Adds items, oldest first; gives how many fell out. */
  push(...added: T[]): number {
    const fresh = added.length > this.size ? added.slice(-this.size) : added;
    const dropped = Math.max(0, this.#items.length + added.length - this.size);
    this.#items = [...this.#items, ...fresh].slice(-this.size);
    return dropped;
  }

  /** Oldest first; a new array after each push. */
  get items(): readonly T[] {
    return this.#items;
  }

  clear(): void {
    this.#items = [];
  }
}
