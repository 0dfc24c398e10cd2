// The legs of a hop, from what the server measured of a message.

import type { Hop } from './api/questions';

export interface Leg {
  name: string;
  micros: number;
}

const NAMES = [
  ['waited', 'on the bus'],
  ['loaded', 'scene loaded'],
  ['decided', 'decided'],
  ['spoke', 'words found'],
  ['committed', 'committed'],
] as const;

/** The legs in their order; one that nobody measured is left out. */
export function legs(hop: Pick<Hop, 'micros'> | null): Leg[] {
  if (!hop) return [];
  return NAMES.flatMap(([key, name]) => {
    const micros = hop.micros[key];
    return micros === null ? [] : [{ name, micros: Math.max(0, micros) }];
  });
}
