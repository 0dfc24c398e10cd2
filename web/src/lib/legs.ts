// The legs of a hop, from what the server measured of a message.

export interface Leg {
  name: string;
  micros: number;
}

/** The moments of a hop, in their order, and what the time until each is called. */
const MOMENTS = [
  ['sentAt', 'sent'],
  ['receivedAt', 'on the bus'],
  ['loadedAt', 'scene loaded'],
  ['decidedAt', 'decided'],
  ['spokenAt', 'words found'],
  ['committedAt', 'committed'],
] as const;

const KNOWN: Record<string, string> = {
  waited: 'on the bus',
  loaded: 'scene loaded',
  decided: 'decided',
  spoke: 'words found',
  committed: 'committed',
};

/** Legs in microseconds: of moments (times, or microseconds from the start) or of given lengths. */
export function legs(hop: Record<string, number | string | null> | null): Leg[] {
  if (!hop) return [];
  const moments = MOMENTS.flatMap(([key, name]) => {
    const at = microsOf(hop[key]);
    return at === null ? [] : [{ name, at }];
  });
  if (moments.length > 1) {
    return moments.slice(1).map(({ name, at }, i) => ({ name, micros: Math.max(0, at - (moments[i]?.at ?? at)) }));
  }
  return Object.entries(hop).flatMap(([key, value]) =>
    typeof value === 'number' && value >= 0 ? [{ name: KNOWN[bare(key)] ?? spaced(bare(key)), micros: value }] : [],
  );
}

function microsOf(value: number | string | null | undefined): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) return null;
  // Date has milliseconds; the digits behind them are read by hand.
  const fraction = /\.(\d{4,6})/.exec(value)?.[1];
  const micros = fraction === undefined ? 0 : Number(fraction.padEnd(6, '0').slice(3));
  return ms * 1_000 + micros;
}

const bare = (key: string): string => key.replace(/(_us|Us|Micros)$/, '');
const spaced = (key: string): string => key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
