// How a companion looks: always the same for a character, drawn from nothing but its name.

export interface Looks {
  /** Which colours. */
  coat: number;
  body: number;
  ears: number;
  pattern: number;
}

export const COATS = 8;
export const BODIES = 5;
export const EARS = 7;
export const PATTERNS = 4;

export function looksOf(character: string): Looks {
  let hash = 0x811c9dc5;
  for (const char of character) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = (hash ^ (hash >>> 12)) >>> 0;
  return {
    coat: hash % COATS,
    body: (hash >>> 4) % BODIES,
    ears: (hash >>> 10) % EARS,
    pattern: (hash >>> 17) % PATTERNS,
  };
}
