// The faces of people: the picture of their card, or an ink portrait that a kept library draws from
// their name. They come after the first view, so each face has its initials first.

type Draw = (name: string) => string;

let draw: Promise<Draw> | null = null;
const drawn = new Map<string, string>();
const pending = new Map<string, Promise<string>>();
/** Portraits that are kept. */
const DRAWN_MAX = 400;
/** Side of a portrait in pixels: sharp on the largest face of a dense screen. */
const SIDE = 256;

async function load(): Promise<Draw> {
  const [{ createAvatar }, style] = await Promise.all([
    import('@dicebear/core'),
    import('@dicebear/lorelei'),
  ]);
  return (name) =>
    createAvatar(style, { seed: name, size: SIDE, scale: 112, translateY: 4 }).toDataUri();
}

/** A face is kept by the address of its picture, or by the name it is drawn from. */
const keyOf = (name: string, card: string | null): string => card ?? `\n${name}`;

/** The face of a name that was drawn before. */
export const known = (name: string, card: string | null): string | null => drawn.get(keyOf(name, card)) ?? null;

/** A face of whoever has this name, always the same, as the address of an image. */
export async function portrait(name: string, card: string | null): Promise<string> {
  const key = keyOf(name, card);
  const known = drawn.get(key);
  if (known !== undefined) return known;
  const begun = pending.get(key) ?? paint(key, name, card);
  pending.set(key, begun);
  try {
    return await begun;
  } finally {
    pending.delete(key);
  }
}

async function paint(key: string, name: string, card: string | null): Promise<string> {
  const picture = (card === null ? null : await bitmap(card).catch(() => null)) ?? (await ink(name));
  if (drawn.size >= DRAWN_MAX) {
    const [oldest, address] = drawn.entries().next().value ?? ['', ''];
    drawn.delete(oldest);
    URL.revokeObjectURL(address);
  }
  drawn.set(key, picture);
  return picture;
}

async function ink(name: string): Promise<string> {
  draw ??= load();
  return bitmap((await draw)(name));
}

/**
 * A drawing as round pixels: a face is shown hundreds of times, and drawn and cut out once. (What the
 * browser has to cut out costs it a little in every frame.)
 */
async function bitmap(drawing: string): Promise<string> {
  const image = new Image();
  image.src = drawing;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext('2d');
  context?.arc(SIDE / 2, SIDE / 2, SIDE / 2, 0, 2 * Math.PI);
  context?.clip();
  // Cards stand upright, with the face in their upper part.
  const side = Math.max(1, Math.min(image.naturalWidth, image.naturalHeight));
  const left = (image.naturalWidth - side) / 2;
  const top = Math.max(0, image.naturalHeight - side) * 0.2;
  context?.drawImage(image, left, top, side, side, 0, 0, SIDE, SIDE);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done));
  return blob === null ? drawing : URL.createObjectURL(blob);
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
