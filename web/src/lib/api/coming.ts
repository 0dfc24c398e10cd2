// Answers that the OpenAPI document does not describe yet, by hand.

import { ask, type Conversation, type List, type Message } from './client';

export interface Mark {
  start: number;
  end: number;
}

export interface Found {
  message: Message;
  conversation: Conversation;
  snippet: { text: string; marks: Mark[] };
}

export interface Bond {
  with: string;
  affinity: number;
  lines: number;
  lastAt: string | null;
}

export interface CharacterDetail {
  slug: string;
  name: string;
  persona: string | null;
  traits: Record<string, number>;
  likes: string[];
  catchphrases: string[];
  dialect: string;
  present?: boolean;
  mood?: number | null;
  bonds?: Bond[];
  recent?: Message[];
}

export interface Inspected {
  message: Message;
  envelope: unknown;
  inbox?: string | null;
  hop?: Record<string, number | string | null> | null;
  traceId: string | null;
}

export interface Inbox {
  name: string;
  world: string;
  character: string | null;
  ready: number;
  unacked: number | null;
  consumers: number | null;
  publishedPerSecond: number | null;
  deliveredPerSecond: number | null;
}

export interface RoleProcess {
  id: string;
  role: string;
  worlds: string[];
  names?: string[];
  pid: number;
  host: string;
  startedAt: string;
  lastSeen: string;
  status: 'up' | 'late' | 'gone' | 'stopped';
  supervised: boolean;
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = (async () => {
    const answer = await fetch(path, {
      method,
      signal: AbortSignal.timeout(20_000),
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const parsed: unknown = await answer.json().catch(() => undefined);
    return answer.ok
      ? { data: (parsed ?? {}) as T, response: answer }
      : { error: parsed, response: answer };
  })();
  return ask(response);
}

const path = (parts: TemplateStringsArray, ...values: string[]): string =>
  String.raw({ raw: parts.map((part) => part) }, ...values.map(encodeURIComponent));

function query(values: Record<string, string | number | undefined>): string {
  const kept = Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [[key, String(value)]],
  );
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept)}`;
}

export interface ConversationFilter extends Record<string, string | number | undefined> {
  world?: string;
  status?: string;
  kind?: string;
  participant?: string;
  cursor?: string;
  limit?: number;
}

export const api = {
  conversations: (filter: ConversationFilter) =>
    call<List<Conversation>>('GET', `/api/conversations${query(filter)}`),
  search: (q: { q: string; world?: string; sort?: string; cursor?: string; limit?: number }) =>
    call<List<Found>>('GET', `/api/search${query(q)}`),
  character: (world: string, slug: string) =>
    call<CharacterDetail>('GET', path`/api/worlds/${world}/characters/${slug}`),
  setPace: (world: string, pace: string) =>
    call<unknown>('PATCH', path`/api/worlds/${world}`, { pace }),
  inspect: (message: string) => call<Inspected>('GET', path`/api/messages/${message}`),
  inboxes: () => call<List<Inbox>>('GET', '/api/bus/inboxes'),
  roles: () => call<List<RoleProcess>>('GET', '/api/roles'),
  setRole: (id: string, wish: 'stop' | 'start') => call<unknown>('POST', path`/api/roles/${id}/${wish}`),
  deadLetters: (world: string) =>
    call<List<Record<string, unknown>>>('GET', `/api/dead-letters${query({ world })}`),
  settleDeadLetters: (wish: 'replay' | 'drop', world: string, ids: string[] | 'all') =>
    call<unknown>('POST', `/api/dead-letters/${wish}`, ids === 'all' ? { world, all: true } : { world, ids }),
  usage: (days: number) => call<unknown>('GET', `/api/usage${query({ days })}`),
  stats: () => call<Record<string, unknown>>('GET', '/api/stats'),
};
