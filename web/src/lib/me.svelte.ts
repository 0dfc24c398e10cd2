// Who is signed in on this page. The cookie that says so is out of reach for scripts; what changes
// something sends a token beside it, which only this page knows.

import { ask, client, csrf, describe } from './api/client';
import type { components } from './api/schema';

export type Account = components['schemas']['Account'];
type SignedIn = components['schemas']['SignedIn'];

class Me {
  account = $state.raw<Account | null>(null);
  /** Whether it is known if somebody is signed in. */
  ready = $state(false);
  error = $state<string | null>(null);

  async load(): Promise<void> {
    try {
      this.#be(await ask(client.GET('/session')));
      this.error = null;
      this.ready = true;
    } catch (error) {
      this.error = describe(error);
    }
  }

  async register(username: string, name: string, password: string): Promise<void> {
    await ask(client.POST('/register', { body: { username, name, password } }));
  }

  async signIn(username: string, password: string): Promise<void> {
    this.#be(await ask(client.POST('/session', { body: { username, password } })));
  }

  async signOut(): Promise<void> {
    await ask(client.POST('/logout', { body: { refresh_token: '' } }));
    this.#be({ account: null, csrf: null });
  }

  /** Deletes the account and all that belongs to it, for good. */
  async vanish(): Promise<void> {
    await ask(client.DELETE('/me'));
    this.forget();
  }

  /** The server says that nobody is signed in any more. */
  forget(): void {
    this.#be({ account: null, csrf: null });
  }

  #be({ account, csrf: token }: SignedIn): void {
    this.account = account ?? null;
    csrf.token = token ?? null;
    this.ready = true;
  }
}

export const me = new Me();
