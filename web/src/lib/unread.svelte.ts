// How many conversations of their companions somebody has not read: asked for now and then while the page
// is looked at, since no connection is kept for it.

import { untrack } from 'svelte';
import { ask, client, Refusal } from './api/client';
import { me } from './me.svelte';

const EVERY_MS = 60_000;

class Unread {
  count = $state(0);
  /** No world of this server has companions: nobody asks again. */
  #none = false;

  /** Begins to ask, for as long as the page is there. */
  watch(): void {
    if (!me.ready) void me.load();
    $effect(() => {
      if (me.account === null) this.count = 0;
      else untrack(() => void this.ask());
    });
    $effect(() => {
      const again = (): void => void this.ask();
      const timer = setInterval(again, EVERY_MS);
      document.addEventListener('visibilitychange', again);
      return () => {
        clearInterval(timer);
        document.removeEventListener('visibilitychange', again);
      };
    });
  }

  async ask(): Promise<void> {
    if (me.account === null || this.#none || document.hidden) return;
    try {
      this.count = (await ask(client.GET('/api/chatroom/unread'))).unread;
    } catch (error) {
      // The next time may be better; a badge is not worth a word.
      if (error instanceof Refusal && error.code === 'no_companions') this.#none = true;
    }
  }
}

export const unread = new Unread();
