// One session with a character: the connection that comes back by itself, and what is said over it.

import { isPassing } from '../api/client';
import { uuid } from '../uuid';
import { CLOSED, parse, type ChatLine, type Frame } from './frames';
import { Lines } from './lines';

/** What the page asks of the server besides the connection. */
export interface Past {
  /** The lines of a session, oldest first. */
  lines(session: string): Promise<ChatLine[]>;
}

export type ChatState = 'connecting' | 'live' | 'lost' | 'ended';

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 10_000;

export class ChatTalk {
  state = $state<ChatState>('connecting');
  lines = $state.raw<readonly ChatLine[]>([]);
  /** The character looks for words. */
  typing = $state(false);
  /** The beginning of what the character says just now. */
  piece = $state('');
  session = $state<string | null>(null);
  /** The code of the server's last word, where it does not want to be asked again. */
  ended = $state<number | null>(null);
  /** What was refused, for people. */
  failure = $state<string | null>(null);

  #socket: WebSocket | null = null;
  #lines = new Lines();
  #retryMs = RETRY_MS_MIN;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #gone = false;
  #remembered: boolean;

  constructor(
    readonly character: string,
    session: string | null,
    readonly past: Past,
  ) {
    this.session = session;
    this.#remembered = session === null;
    void this.#open();
  }

  leave(): void {
    this.#gone = true;
    clearTimeout(this.#retry);
    this.#socket?.close(1000);
  }

  /** Says it, now or when the connection is back. */
  say(text: string): void {
    const id = uuid();
    this.failure = null;
    this.#lines.send(id, text);
    this.#show();
    if (this.state === 'live') this.#send(id, text);
  }

  async #open(): Promise<void> {
    if (!(await this.#remember()) || this.#gone) return;
    const query = new URLSearchParams({ stream: '1' });
    if (this.session !== null) query.set('session', this.session);
    const after = this.#lines.lastSaid;
    if (this.session !== null && after !== null) query.set('after', after);
    const url = new URL(`/ws/${encodeURIComponent(this.character)}?${query}`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => socket === this.#socket && this.#take(parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
  }

  /** What was said before; false when it has to be asked for once more. */
  async #remember(): Promise<boolean> {
    if (this.#remembered || this.session === null) return true;
    try {
      this.#lines.remember(await this.past.lines(this.session));
      this.#remembered = true;
      this.#show();
      return true;
    } catch (error) {
      if (isPassing(error)) this.#again();
      else this.#end(CLOSED.unknown);
      return false;
    }
  }

  #take(frame: Frame | null): void {
    switch (frame?.what) {
      case 'connected':
        this.session = frame.session;
        this.state = 'live';
        this.#retryMs = RETRY_MS_MIN;
        for (const { id, text } of this.#lines.waiting) this.#send(id, text);
        break;
      case 'line':
        this.#lines.arrived(frame.line);
        if (frame.line.role === 'ai') this.#settle();
        this.#show();
        break;
      case 'typing':
        this.typing = true;
        break;
      case 'piece':
        this.piece += frame.text;
        break;
      case 'error':
        this.#refused(frame);
    }
  }

  #refused({ code, text, retryAfterS }: Extract<Frame, { what: 'error' }>): void {
    this.#settle();
    const first = this.#lines.waiting[0];
    if (retryAfterS !== null && first) {
      // It is said again with the same id, so it can't be said twice.
      setTimeout(() => this.state === 'live' && this.#resend(), retryAfterS * 1000);
    } else if (first && code !== 'unknown') {
      this.#lines.giveUp(first.id);
      this.#show();
    }
    this.failure = text;
  }

  #resend(): void {
    this.failure = null;
    for (const { id, text } of this.#lines.waiting) this.#send(id, text);
  }

  #settle(): void {
    this.typing = false;
    this.piece = '';
  }

  #closed(code: number): void {
    if (this.#gone) return;
    this.#settle();
    if (Object.values<number>(CLOSED).includes(code)) this.#end(code);
    else this.#again();
  }

  #end(code: number): void {
    this.ended = code;
    this.state = 'ended';
  }

  #again(): void {
    if (this.#gone) return;
    this.state = 'lost';
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#open(), this.#retryMs);
    this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
  }

  #send(id: string, content: string): void {
    this.#socket?.send(JSON.stringify({ id, content }));
  }

  #show(): void {
    this.lines = this.#lines.all;
  }
}
