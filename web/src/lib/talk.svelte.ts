// One conversation as the page knows it, live while it goes on.

import { ask, client, describe, type Conversation, type Message } from './api/client';
import { questions } from './api/questions';
import { feed } from './live/feed.svelte';
import type { Happening } from './live/happening';

/** Lines that are on the page. */
const LINES_MAX = 600;
/** Lines of an export. */
const EXPORT_MAX = 100_000;
const PAGE = 200;

export class Talk {
  conversation = $state.raw<Conversation | null>(null);
  messages = $state.raw<readonly Message[]>([]);
  sides = $state.raw<readonly Conversation[]>([]);
  /** Lines before those on the page. */
  earlier = $state(0);
  error = $state<string | null>(null);
  ready = $state(false);

  #seen = new Set<string>();
  #stop: () => void;
  #gone = false;

  constructor(readonly id: string) {
    this.#stop = feed.listen((happenings) => this.#take(happenings));
    void this.load();
  }

  leave(): void {
    this.#gone = true;
    this.#stop();
  }

  async load(): Promise<void> {
    try {
      const params = { path: { id: this.id } };
      const conversation = await ask(client.GET('/api/conversations/{id}', { params }));
      if (this.#gone) return;
      // Before the lines are asked for, so that none falls between.
      feed.follow(conversation.world);
      this.conversation = conversation;
      const messages = await this.all();
      if (this.#gone) return;
      this.#add(messages);
      this.error = null;
      this.ready = true;
      await this.#loadSides(conversation.world);
    } catch (error) {
      if (!this.#gone) this.error = describe(error);
    }
  }

  /** Every line, page by page. */
  async all(): Promise<Message[]> {
    const messages: Message[] = [];
    let after: string | null = null;
    do {
      const query: { limit: number; after?: string } = { limit: PAGE, ...(after === null ? {} : { after }) };
      const page: { items: Message[]; nextCursor: string | null } = await ask(
        client.GET('/api/conversations/{id}/messages', { params: { path: { id: this.id }, query } }),
      );
      messages.push(...page.items);
      after = page.nextCursor;
    } while (after !== null && messages.length < EXPORT_MAX && !this.#gone);
    return messages;
  }

  async #loadSides(world: string): Promise<void> {
    const list = await questions.conversations({ world, parent: this.id, limit: PAGE });
    if (!this.#gone) this.#addSides(list.items);
  }

  #take(happenings: readonly Happening[]): void {
    const fresh: Message[] = [];
    for (const happening of happenings) {
      if (happening.what === 'message') {
        if (happening.message.conversationId === this.id) fresh.push(happening.message);
      } else if (happening.what === 'opened' || happening.what === 'closed') {
        if (happening.conversation.id === this.id) this.conversation = happening.conversation;
        this.#addSides([happening.conversation]);
      }
    }
    if (fresh.length > 0) this.#add(fresh);
  }

  #add(messages: readonly Message[]): void {
    const fresh = messages.filter((message) => !this.#seen.has(message.id));
    if (fresh.length === 0) return;
    for (const message of fresh) this.#seen.add(message.id);
    const all = [...this.messages, ...fresh].sort(byTime);
    this.earlier += Math.max(0, all.length - LINES_MAX);
    this.messages = all.slice(-LINES_MAX);
    const last = fresh.filter((message) => message.kind === 'line').at(-1);
    if (last && this.conversation && last.order > this.conversation.exchanges) {
      this.conversation = { ...this.conversation, exchanges: last.order };
    }
  }

  #addSides(conversations: readonly Conversation[]): void {
    const mine = conversations.filter((conversation) => conversation.parentId === this.id);
    if (mine.length === 0) return;
    const sides = new Map(this.sides.map((side) => [side.id, side]));
    for (const side of mine) sides.set(side.id, side);
    this.sides = [...sides.values()].slice(0, PAGE);
  }
}

const byTime = (a: Message, b: Message): number =>
  a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.order - b.order;
