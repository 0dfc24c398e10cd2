// What a signed-in person finds at the table for two: the characters, and the talks of before.

import { ask, client, describe, Refusal } from '../api/client';
import type { components } from '../api/schema';
import { me } from '../me.svelte';
import type { ChatLine } from './frames';

type Session = components['schemas']['SessionShape'];

/** Somebody to talk with. */
export type Companion = components['schemas']['GalleryCharacter'];

/** Who a character is to be. */
export interface Wish {
  name: string;
  system_prompt: string;
  greeting: string;
  likes: string[];
  visibility: string;
}

/** A talk that can be taken up again. */
export interface PastTalk {
  id: string;
  /** Id of the character. */
  character: string;
  name: string;
  title: string;
  at: string;
}

const PAGE = 50;
const COMPANIONS_PAGE = 200;
/** Characters that are on the page. */
const COMPANIONS_MAX = 1_000;
const PAINT_ATTEMPTS_MAX = 20;
const PAINT_AGAIN_MS = 250;
const LINES_PAGE = 200;
/** Lines of one talk that are on the page: the latest ones. */
const LINES_MAX = 2_000;

const talkOf = (session: Session): PastTalk => ({
  id: session.id,
  character: session.character_id,
  name: session.character ?? 'Somebody who is gone',
  title: session.title ?? '',
  at: session.updated_at,
});

export class ChatHouse {
  companions = $state.raw<readonly Companion[]>([]);
  talks = $state.raw<readonly PastTalk[]>([]);
  more = $state(false);
  ready = $state(false);
  error = $state<string | null>(null);
  #next: string | null = null;

  async load(): Promise<void> {
    try {
      const [companions, talks] = await Promise.all([askCompanions(), this.#talks(null)]);
      this.companions = companions;
      this.talks = talks;
      this.error = null;
      this.ready = true;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Only the talks: something was said. */
  async refresh(): Promise<void> {
    try {
      this.talks = await this.#talks(null);
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) me.forget();
    }
  }

  async older(): Promise<void> {
    try {
      const known = new Set(this.talks.map(({ id }) => id));
      const older = await this.#talks(this.#next);
      this.talks = [...this.talks, ...older.filter(({ id }) => !known.has(id))];
    } catch (error) {
      this.#failed(error);
    }
  }

  async drop(talk: PastTalk): Promise<void> {
    await ask(client.DELETE('/me/sessions/{id}', { params: { path: { id: talk.id } } }));
    this.talks = this.talks.filter(({ id }) => id !== talk.id);
  }

  /** Gives a talk another title. */
  async rename(talk: PastTalk, title: string): Promise<void> {
    const params = { path: { id: talk.id } };
    const renamed = talkOf(await ask(client.PATCH('/me/sessions/{id}', { params, body: { title } })));
    this.talks = this.talks.map((other) => (other.id === talk.id ? renamed : other));
  }

  /** Makes a character of one's own; the cast knows of them within a second or two. */
  async make(wish: Wish): Promise<Companion> {
    const made = await ask(client.POST('/api/characters', { body: { ...wish, world: null } }));
    this.#known(made);
    return made;
  }

  /** Gives a character of one's own a picture. As soon as they are made not every server knows them. */
  async paint(companion: Companion, picture: Blob): Promise<void> {
    const params = { path: { id: companion.id } };
    const put = (): Promise<Companion> =>
      ask(
        client.PUT('/api/characters/id/{id}/picture', {
          params,
          // The description can't say what a file is in a browser.
          body: picture as unknown as number[],
          bodySerializer: (file: unknown) => file as Blob,
          headers: { 'content-type': 'application/octet-stream' },
        }),
      );
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#known(await put());
        return;
      } catch (error) {
        if (!(error instanceof Refusal) || error.status !== 404 || attempt === PAINT_ATTEMPTS_MAX) throw error;
      }
      await new Promise((done) => setTimeout(done, PAINT_AGAIN_MS));
    }
  }

  #known(companion: Companion): void {
    this.companions = [...this.companions.filter(({ id }) => id !== companion.id), companion];
  }

  async retire(companion: Companion): Promise<void> {
    await ask(client.DELETE('/api/characters/id/{id}', { params: { path: { id: companion.id } } }));
    this.companions = this.companions.filter(({ id }) => id !== companion.id);
  }

  async #talks(cursor: string | null): Promise<PastTalk[]> {
    const query = { limit: PAGE, ...(cursor === null ? {} : { cursor }) };
    const page = await ask(client.GET('/me/sessions', { params: { query } }));
    this.#next = page.nextCursor;
    this.more = page.nextCursor !== null;
    // One in which nobody has said anything yet is nothing to come back to.
    return page.items.filter(({ lines }) => lines > 0).map(talkOf);
  }

  #failed(error: unknown): void {
    if (error instanceof Refusal && error.status === 401) me.forget();
    else this.error = describe(error);
  }
}

async function askCompanions(): Promise<Companion[]> {
  let companions: Companion[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: COMPANIONS_PAGE, ...(cursor === null ? {} : { cursor }) };
    const page: { items: Companion[]; nextCursor: string | null } = await ask(client.GET('/api/characters', { params: { query } }));
    companions = [...companions, ...page.items];
    cursor = page.nextCursor;
  } while (cursor !== null && companions.length < COMPANIONS_MAX);
  return companions;
}

/** The lines of a talk, oldest first. */
export async function askLines(session: string): Promise<ChatLine[]> {
  let lines: ChatLine[] = [];
  let after: number | null = null;
  do {
    const query: { limit: number; after?: number } = { limit: LINES_PAGE, ...(after === null ? {} : { after }) };
    const part: { items: components['schemas']['LineShape'][]; nextAfter: number | null } = await ask(
      client.GET('/me/sessions/{id}/messages', { params: { path: { id: session }, query } }),
    );
    const read = part.items.map(({ id, role, content, timestamp, fallback }) => ({
      id,
      role: role === 'ai' ? ('ai' as const) : ('user' as const),
      text: content,
      at: timestamp,
      fallback,
    }));
    lines = [...lines, ...read].slice(-LINES_MAX);
    after = part.nextAfter;
  } while (after !== null);
  return lines;
}
