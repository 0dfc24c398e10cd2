// What a screen reader is told, at most one sentence in some seconds: the latest.

const PAUSE_MS = 4_000;

class Announcer {
  text = $state('');
  #next: string | null = null;
  #resting = false;

  say(text: string): void {
    if (this.#resting) {
      this.#next = text;
      return;
    }
    this.text = text;
    this.#resting = true;
    setTimeout(() => {
      this.#resting = false;
      const next = this.#next;
      this.#next = null;
      if (next !== null) this.say(next);
    }, PAUSE_MS);
  }
}

export const announcer = new Announcer();
