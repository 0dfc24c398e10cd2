// Which view a path names. Pages have addresses of their own, so that they can be passed on.

export type Route =
  | { view: 'house'; world: string | null }
  | { view: 'conversations' }
  | { view: 'conversation'; id: string }
  | { view: 'map'; world: string }
  | { view: 'chat'; character: string | null; session: string | null }
  | { view: 'chatroom' }
  | { view: 'ops' }
  | { view: 'missing' };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function match(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '').map(decoded);
  const [first, second, third] = parts;
  if (parts.length === 0) return { view: 'house', world: null };
  if (first === 'worlds' && parts.length === 2 && second) return { view: 'house', world: second };
  if (first === 'worlds' && parts.length === 3 && second && third === 'map') return { view: 'map', world: second };
  if (first === 'conversations' && parts.length === 1) return { view: 'conversations' };
  if (first === 'conversations' && parts.length === 2 && second && UUID.test(second)) {
    return { view: 'conversation', id: second };
  }
  if (first === 'chat' && parts.length === 1) return { view: 'chat', character: null, session: null };
  if (first === 'chat' && parts.length <= 3 && second && UUID.test(second) && (third === undefined || (third && UUID.test(third)))) {
    return { view: 'chat', character: second, session: third ?? null };
  }
  if (first === 'chatroom' && parts.length === 1) return { view: 'chatroom' };
  if (first === 'ops' && parts.length === 1) return { view: 'ops' };
  return { view: 'missing' };
}

/** Paths of the views. */
export const to = {
  house: (world: string | null): string => (world === null ? '/' : `/worlds/${encodeURIComponent(world)}`),
  map: (world: string): string => `/worlds/${encodeURIComponent(world)}/map`,
  conversations: (): string => '/conversations',
  conversation: (id: string): string => `/conversations/${encodeURIComponent(id)}`,
  message: (conversation: string, id: string): string =>
    `/conversations/${encodeURIComponent(conversation)}#m-${encodeURIComponent(id)}`,
  chat: (): string => '/chat',
  chatWith: (character: string, session: string | null = null): string =>
    `/chat/${encodeURIComponent(character)}${session === null ? '' : `/${encodeURIComponent(session)}`}`,
  chatroom: (): string => '/chatroom',
  ops: (): string => '/ops',
};
