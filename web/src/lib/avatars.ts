// Ink portraits, drawn from a name by a kept library. They come after the first view, so each face
// has its initials first.

type Draw = (name: string) => string;

let draw: Promise<Draw> | null = null;
const drawn = new Map<string, string>();
/** Portraits that are kept. */
const DRAWN_MAX = 400;

async function load(): Promise<Draw> {
  const [{ createAvatar }, style] = await Promise.all([
    import('@dicebear/core'),
    import('@dicebear/lorelei'),
  ]);
  return (name) =>
    createAvatar(style, { seed: name, scale: 112, translateY: 4 }).toDataUri();
}

/** A picture of whoever has this name, always the same, as the address of an image. */
export async function portrait(name: string): Promise<string> {
  const known = drawn.get(name);
  if (known !== undefined) return known;
  draw ??= load();
  const picture = (await draw)(name);
  if (drawn.size >= DRAWN_MAX) drawn.delete(drawn.keys().next().value ?? '');
  drawn.set(name, picture);
  return picture;
}

/** Up to two letters for whoever has no picture yet. */
export function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');
}

/** One of `count` tints, always the same for a name. */
export function tint(name: string, count: number): number {
  let hash = 2166136261;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619);
  return (hash >>> 0) % count;
}
