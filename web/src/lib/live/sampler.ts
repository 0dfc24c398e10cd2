/**
 * Decides which of many events are drawn: at most `perSecond`, a little more in a burst. It counts
 * all of them, so that the page can say how many it left out.
 */
export class Sampler {
  #tokens: number;
  #at = 0;
  #seen = 0;
  #drawn = 0;

  constructor(
    readonly perSecond: number,
    readonly burst = perSecond,
  ) {
    this.#tokens = burst;
  }

  /** Whether the event that happens now is drawn. */
  take(nowMs: number): boolean {
    const passed = this.#at === 0 ? 0 : Math.max(0, nowMs - this.#at);
    this.#at = nowMs;
    this.#tokens = Math.min(this.burst, this.#tokens + (passed / 1000) * this.perSecond);
    this.#seen += 1;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    this.#drawn += 1;
    return true;
  }

  /** What was seen and what was drawn since the last call. */
  report(): { seen: number; drawn: number } {
    const report = { seen: this.#seen, drawn: this.#drawn };
    this.#seen = 0;
    this.#drawn = 0;
    return report;
  }
}
