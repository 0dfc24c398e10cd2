// Where a speech bubble goes: beside its speaker, on the stage, over nobody's face and over no
// other bubble.

import { overlap, type Point, type Rect, type Size } from './geometry';

interface Room {
  stage: Size;
  /** Faces with their names. */
  faces: readonly Rect[];
  /** Bubbles that stay where they are. */
  bubbles: readonly Rect[];
}

const GAP = 10;

/** The best place for a bubble, or null where every place would cover another bubble. */
export function place(speaker: Rect, size: Size, room: Room): Rect | null {
  let best: { rect: Rect; cost: number } | null = null;
  for (const [index, corner] of corners(speaker, size).entries()) {
    const rect = inside({ ...corner, ...size }, room.stage);
    if (room.bubbles.some((other) => overlap(grown(rect), other) > 0)) continue;
    const covered = room.faces.reduce((sum, face) => sum + overlap(rect, face), 0);
    const cost = covered * 3 + overlap(rect, speaker) * 30 + distance(rect, speaker) * 6 + index * 12;
    if (best === null || cost < best.cost) best = { rect, cost };
  }
  return best?.rect ?? null;
}

/** Beside, above and below; the first ones are liked best. */
function corners(speaker: Rect, { w, h }: Size): Point[] {
  const middle = { x: speaker.x + speaker.w / 2, y: speaker.y + speaker.h / 2 };
  const above = speaker.y - h - GAP;
  const below = speaker.y + speaker.h + GAP;
  const right = speaker.x + speaker.w + GAP;
  const left = speaker.x - w - GAP;
  const across = [middle.x - w / 2, middle.x - w * 0.2, middle.x - w * 0.8];
  const beside = [middle.y - h / 2, middle.y - h, middle.y];
  return [
    ...across.map((x) => ({ x, y: above })),
    ...beside.flatMap((y) => [{ x: right, y }, { x: left, y }]),
    ...across.map((x) => ({ x, y: below })),
    ...across.map((x) => ({ x, y: above - h - GAP })),
    ...across.map((x) => ({ x, y: below + h + GAP })),
  ];
}

function inside(rect: Rect, stage: Size): Rect {
  const margin = 6;
  return {
    ...rect,
    x: Math.max(margin, Math.min(rect.x, stage.w - rect.w - margin)),
    y: Math.max(margin, Math.min(rect.y, stage.h - rect.h - margin)),
  };
}

const grown = (rect: Rect): Rect => ({ x: rect.x - 4, y: rect.y - 4, w: rect.w + 8, h: rect.h + 8 });

function distance(a: Rect, b: Rect): number {
  const x = Math.max(0, Math.max(a.x, b.x) - Math.min(a.x + a.w, b.x + b.w));
  const y = Math.max(0, Math.max(a.y, b.y) - Math.min(a.y + a.h, b.y + b.h));
  return Math.hypot(x, y);
}
