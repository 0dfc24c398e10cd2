// The one connection for live events, shared by all views.

import { EVENTS, parse, type Happening } from './happening';
import { Meter } from './meter';

export type FeedState = 'idle' | 'connecting' | 'live' | 'lost' | 'asleep';
type Listener = (happenings: readonly Happening[]) => void;

/** What waits to be handed on, at most; beyond it listeners are told to look anew. */
const WAITING_MAX = 5_000;
/** How often a page that nobody sees is updated. */
const HIDDEN_EVERY_MS = 1_000;
/** After this time out of sight the connection is given back. */
const HIDDEN_MS_MAX = 5 * 60_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 15_000;

class Feed {
  /** Whether what is shown is what happens. */
  state = $state<FeedState>('idle');
  /** When the connection was lost. */
  lostAt = $state<number | null>(null);
  /** Grows whenever events were missed for good: whoever shows lists asks for them again. */
  gaps = $state(0);
  readonly messages = new Meter(60);

  #world: string | null = null;
  #source: EventSource | null = null;
  #cursor: string | null = null;
  #listeners = new Set<Listener>();
  #waiting: Happening[] = [];
  #overflown = false;
  #scheduled = false;
  #retryMs = RETRY_MS_MIN;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #sleep: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.addEventListener('visibilitychange', () => this.#seen(!document.hidden));
    addEventListener('online', () => this.#reopen());
    addEventListener('pagehide', () => this.#close());
    addEventListener('pageshow', (event) => event.persisted && this.#reopen());
  }

  /** Hears of what happens in this world from now on. */
  follow(world: string): void {
    if (this.#world === world && this.#source) return;
    this.#world = world;
    this.#cursor = null;
    this.#waiting = [];
    this.#open();
  }

  /** Gives the connection back: nobody looks at what happens. */
  leave(): void {
    this.#close();
    clearTimeout(this.#sleep);
    this.#world = null;
    this.#waiting = [];
    this.state = 'idle';
  }

  /** Calls `listener` with what has happened, once a frame at most; ends with the returned function. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #open(): void {
    this.#close();
    if (this.#world === null) return;
    const query = new URLSearchParams({ world: this.#world });
    if (this.#cursor) query.set('after', this.#cursor);
    if (this.state !== 'lost') this.state = 'connecting';
    const source = new EventSource(`/api/events?${query}`);
    this.#source = source;
    source.onopen = () => this.#opened();
    source.onerror = () => this.#failed(source);
    for (const event of EVENTS) {
      source.addEventListener(event, (e: MessageEvent<string>) => this.#take(event, e));
    }
  }

  #opened(): void {
    const wasLost = this.state === 'lost';
    this.state = 'live';
    this.lostAt = null;
    this.#retryMs = RETRY_MS_MIN;
    // Nothing was heard yet, so the server does not know where to go on.
    if (wasLost && this.#cursor === null) this.gaps += 1;
  }

  #failed(source: EventSource): void {
    if (source !== this.#source) return;
    this.state = 'lost';
    this.lostAt ??= Date.now();
    // The browser tries again by itself after a cut, and gives up after a refusal.
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      // A server that was given a new store does not know the cursor.
      if (this.#retryMs > 4 * RETRY_MS_MIN && this.#cursor !== null) {
        this.#cursor = null;
        this.gaps += 1;
      }
      this.#open();
    }, this.#retryMs);
    this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
  }

  #reopen(): void {
    if (this.#source?.readyState !== EventSource.OPEN) this.#open();
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #seen(visible: boolean): void {
    clearTimeout(this.#sleep);
    if (!visible) {
      this.#sleep = setTimeout(() => {
        this.#close();
        this.state = 'asleep';
      }, HIDDEN_MS_MAX);
    } else if (this.state === 'asleep') {
      this.#cursor = null;
      this.gaps += 1;
      this.#open();
    }
  }

  #take(event: string, e: MessageEvent<string>): void {
    if (e.lastEventId) this.#cursor = e.lastEventId;
    const happening = parse(event, e.data);
    if (!happening) return;
    if (happening.what === 'message') this.messages.add(1, Date.now());
    if (this.#waiting.length >= WAITING_MAX) {
      this.#waiting = this.#waiting.slice(-WAITING_MAX / 2);
      this.#overflown = true;
    }
    this.#waiting.push(happening);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const flush = (): void => this.#flush();
    if (document.hidden) setTimeout(flush, HIDDEN_EVERY_MS);
    else requestAnimationFrame(flush);
  }

  #flush(): void {
    this.#scheduled = false;
    const happenings = this.#waiting;
    this.#waiting = [];
    for (const listener of this.#listeners) listener(happenings);
    if (this.#overflown) {
      this.#overflown = false;
      this.gaps += 1;
    }
  }
}

export const feed = new Feed();
