// The places of a world as the server tells of them, and the journeys between them.

import { ask, client } from '../api/client';
import type { components } from '../api/schema';
import type { Move } from '../live/happening';

export type Place = components['schemas']['PlaceState'];

export interface Journey {
  /** Oldest first; the latest part of a long one. */
  legs: readonly Move[];
  /** Legs before those. */
  earlier: number;
}

const PAGE = 200;
/** Legs that are shown of one journey. */
const LEGS_MAX = 200;
/** Pages that are asked for. */
const PAGES_MAX = 25;

export const askPlaces = async (world: string): Promise<readonly Place[]> =>
  (await ask(client.GET('/api/worlds/{world}/places', { params: { path: { world } } }))).items;

export async function askJourney(world: string, character: string): Promise<Journey> {
  let legs: Move[] = [];
  let earlier = 0;
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query: { world: string; limit: number; cursor?: string } = { world, limit: PAGE, ...(cursor === null ? {} : { cursor }) };
    const part: { items: Move[]; nextCursor: string | null } = await ask(
      client.GET('/api/characters/{character}/journey', { params: { path: { character }, query } }),
    );
    legs = [...legs, ...part.items];
    earlier += Math.max(0, legs.length - LEGS_MAX);
    legs = legs.slice(-LEGS_MAX);
    cursor = part.nextCursor;
    if (cursor === null) break;
  }
  return { legs, earlier };
}

export const beginRun = (world: string): Promise<unknown> =>
  ask(client.POST('/api/worlds/{world}/runs', { params: { path: { world } } }));
