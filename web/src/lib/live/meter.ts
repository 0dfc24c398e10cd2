/** Counts events over the last `seconds` in buckets of one second. */
export class Meter {
  readonly #buckets: number[];
  #second = 0;
  #total = 0;

  constructor(readonly seconds = 60) {
    this.#buckets = new Array<number>(seconds).fill(0);
  }

  add(count: number, nowMs: number): void {
    this.#turn(nowMs);
    const at = this.#second % this.seconds;
    this.#buckets[at] = (this.#buckets[at] ?? 0) + count;
    this.#total += count;
  }

  /** Events per second over the last `span` whole seconds. */
  rate(nowMs: number, span = 5): number {
    const history = this.history(nowMs).slice(-span - 1, -1);
    return history.reduce((sum, count) => sum + count, 0) / span;
  }

  /** Events of each of the last seconds, oldest first; the last one is not over yet. */
  history(nowMs: number): number[] {
    this.#turn(nowMs);
    return Array.from(
      { length: this.seconds },
      (_, i) => this.#buckets[(this.#second + 1 + i) % this.seconds] ?? 0,
    );
  }

  /** Everything ever counted. */
  get total(): number {
    return this.#total;
  }

  #turn(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const passed = Math.min(Math.max(0, second - this.#second), this.seconds);
    for (let i = 1; i <= passed; i += 1) this.#buckets[(second - passed + i) % this.seconds] = 0;
    this.#second = Math.max(this.#second, second);
  }
}
