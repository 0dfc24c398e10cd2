// Ink portraits, drawn from a name by a kept library. They come after the first view, so each face
// has its initials first.

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
    createAvatar(style, { seed: name, scale: 112, translateY: 4 }).toDataUri();
}

/** The picture of a name that was drawn before. */
export const known = (name: string): string | null => drawn.get(name) ?? null;

/** A picture of whoever has this name, always the same, as the address of an image. */
export async function portrait(name: string): Promise<string> {
  const known = drawn.get(name);
  if (known !== undefined) return known;
  const begun = pending.get(name) ?? paint(name);
  pending.set(name, begun);
  try {
    return await begun;
  } finally {
    pending.delete(name);
  }
}

async function paint(name: string): Promise<string> {
  draw ??= load();
  const picture = await bitmap((await draw)(name));
  if (drawn.size >= DRAWN_MAX) {
    const [oldest, address] = drawn.entries().next().value ?? ['', ''];
    drawn.delete(oldest);
    URL.revokeObjectURL(address);
  }
  drawn.set(name, picture);
  return picture;
}

/**
 * A drawing as round pixels: a face is shown hundreds of times, and drawn and cut out once. (What the
 * browser has to cut out costs it a little in every frame.)
 */
async function bitmap(drawing: string): Promise<string> {
  const image = new Image(SIDE, SIDE);
  image.src = drawing;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext('2d');
  context?.arc(SIDE / 2, SIDE / 2, SIDE / 2, 0, 2 * Math.PI);
  context?.clip();
  context?.drawImage(image, 0, 0, SIDE, SIDE);
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
