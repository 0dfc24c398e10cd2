// Questions to the server, with one kind of error.

import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

type Schemas = components['schemas'];
export type Conversation = Schemas['Conversation'];
export type ConversationKind = Schemas['ConversationKind'];
export type ConversationStatus = Schemas['ConversationStatus'];
export type Message = Schemas['Message'];
export type World = Schemas['World'];
export type Character = Schemas['Character'];

/** A part of a list. */
export interface List<T> {
  items: T[];
  nextCursor: string | null;
}

/** The server said no, or did not answer at all (`code` is `offline` then). */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

/** How long an answer may take. */
const ANSWER_MS_MAX = 20_000;

export const client = createClient<paths>({
  baseUrl: '/',
  fetch: (request) => fetch(request, { signal: AbortSignal.timeout(ANSWER_MS_MAX) }),
});

/** What a page of this server sends beside its cookie to change anything; null while nobody is signed in. */
export const csrf: { token: string | null } = { token: null };
client.use({
  onRequest: ({ request }) => {
    if (csrf.token !== null && request.method !== 'GET') request.headers.set('x-parlor-csrf', csrf.token);
    return request;
  },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer, or a {@link Refusal}. */
export async function ask<T>(answer: Promise<Answer<T>>): Promise<T> {
  let settled: Answer<T>;
  try {
    settled = await answer;
  } catch (cause) {
    throw unanswered(cause);
  }
  if (settled.data !== undefined) return settled.data;
  // Done, and there is nothing to say about it.
  if (settled.response.status === 204) return undefined as T;
  throw refusal(settled.response.status, settled.error);
}

function unanswered(cause: unknown): Refusal {
  const late = cause instanceof DOMException && cause.name === 'TimeoutError';
  return new Refusal(
    'offline',
    0,
    late ? 'The server has not answered in time.' : 'The server can’t be reached.',
  );
}

function refusal(status: number, problem: unknown): Refusal {
  const { code, detail } = (problem ?? {}) as { code?: unknown; detail?: unknown };
  return new Refusal(
    typeof code === 'string' ? code : 'unknown',
    status,
    typeof detail === 'string' ? detail : `The server answered with status ${status}.`,
  );
}

/** Whether the same question may be answered in a moment. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Refusal && (error.status === 0 || error.status === 429 || error.status >= 500);

/** What went wrong, for people. */
export function describe(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  return error instanceof Error ? error.message : 'Something went wrong.';
}
