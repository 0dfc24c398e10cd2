// What the live events say.

import type { Conversation, Message } from '../api/client';
import type { components } from '../api/schema';

/** Some set out from one place to another together, or arrive there. Places and characters go by their names. */
export type Move = components['schemas']['Move'];

export type Happening =
  | { what: 'message'; world: string | null; message: Message }
  | { what: 'opened' | 'closed'; conversation: Conversation }
  | { what: 'moved'; move: Move }
  | { what: 'world'; world: string; paused: boolean | null; pace: string | null };

/** Names of the events on the stream. */
export const EVENTS = [
  'message',
  'conversation.opened',
  'conversation.closed',
  'characters.moved',
  'world.paused',
  'world.resumed',
  'world.changed',
] as const;

/** Reads one event; null where this page does not know it. */
export function parse(event: string, data: string): Happening | null {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  switch (event) {
    case 'message': {
      const message = value as Message & { world?: string };
      return { what: 'message', world: message.world ?? null, message };
    }
    case 'conversation.opened':
      return { what: 'opened', conversation: value as Conversation };
    case 'conversation.closed':
      return { what: 'closed', conversation: value as Conversation };
    case 'characters.moved':
      return { what: 'moved', move: value as Move };
    case 'world.paused':
    case 'world.resumed':
    case 'world.changed': {
      const { world, name, paused, pace } = value as Record<string, unknown>;
      const which = world ?? name;
      if (typeof which !== 'string') return null;
      return {
        what: 'world',
        world: which,
        paused: typeof paused === 'boolean' ? paused : null,
        pace: typeof pace === 'string' ? pace : null,
      };
    }
    default:
      return null;
  }
}
