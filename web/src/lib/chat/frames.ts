// What the server says over the WebSocket of a chat.

/** A line of a session, as the page shows it. */
export interface ChatLine {
  id: string;
  role: 'user' | 'ai';
  text: string;
  /** When it was said; null while it has not come to the server yet. */
  at: string | null;
  fallback: boolean;
}

export type Frame =
  | { what: 'connected'; session: string; character: string; resumed: boolean }
  | { what: 'line'; line: ChatLine }
  | { what: 'typing' }
  | { what: 'piece'; answers: string; text: string }
  | { what: 'error'; code: string; text: string; retryAfterS: number | null };

/** How the server ends a connection for good; after any other end the page connects again. */
export const CLOSED = { nobody: 4401, forbidden: 4403, unknown: 4404, gone: 4410 } as const;

type Raw = Record<string, unknown>;
const text = (raw: Raw, key: string): string | null => (typeof raw[key] === 'string' ? raw[key] : null);

/** Reads one frame; null where this page does not know it. */
export function parse(data: unknown): Frame | null {
  const raw = object(data);
  switch (raw?.['type']) {
    case 'connection':
      return {
        what: 'connected',
        session: text(raw, 'session_id') ?? '',
        character: text(raw, 'character') ?? '',
        resumed: raw['resumed'] === true,
      };
    case 'echo':
    case 'ai_response':
      return said(raw);
    case 'typing':
      return { what: 'typing' };
    case 'delta':
      return { what: 'piece', answers: text(raw, 'answers') ?? '', text: text(raw, 'content') ?? '' };
    case 'error':
      return {
        what: 'error',
        code: text(raw, 'code') ?? 'unknown',
        text: text(raw, 'message') ?? 'Something went wrong.',
        retryAfterS: typeof raw['retry_after'] === 'number' ? raw['retry_after'] : null,
      };
    default:
      return null;
  }
}

function said(raw: Raw): Frame | null {
  const id = text(raw, 'id');
  const content = text(raw, 'content');
  if (id === null || content === null) return null;
  const role = raw['type'] === 'echo' ? 'user' : 'ai';
  return { what: 'line', line: { id, role, text: content, at: text(raw, 'timestamp'), fallback: raw['fallback'] === true } };
}

function object(data: unknown): Raw | null {
  if (typeof data !== 'string') return null;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Raw) : null;
  } catch {
    return null;
  }
}
