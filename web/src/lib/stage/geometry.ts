// Points, rectangles and the ways that notes take across the stage.

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  w: number;
  h: number;
}

export interface Rect extends Point, Size {}

/** The ring of chairs around the table: an ellipse in the middle of the stage. */
export interface Table {
  centre: Point;
  rx: number;
  ry: number;
  /** The free way behind the chairs. */
  outer: { rx: number; ry: number };
}

export const overlap = (a: Rect, b: Rect): number =>
  Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));

/** A way: where one is after the part `t` (0 to 1) of it. */
export type Way = (t: number) => Point;

/** Across the table, bent towards its middle: what everybody may see. */
export function acrossTable(from: Point, to: Point, table: Table): Way {
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const bend = {
    x: middle.x + (table.centre.x - middle.x) * 0.7,
    y: middle.y + (table.centre.y - middle.y) * 0.7,
  };
  return (t) => quadratic(from, bend, to, t);
}

/** Around the outside, behind the chairs: what the others are not to see. */
export function behindBacks(from: Point, to: Point, table: Table): Way {
  const a = polar(from, table);
  const b = polar(to, table);
  let turn = b.angle - a.angle;
  if (turn > Math.PI) turn -= 2 * Math.PI;
  if (turn < -Math.PI) turn += 2 * Math.PI;
  return (t) => {
    const outwards = Math.sin(Math.PI * Math.min(1, Math.max(0, t))) ** 0.6;
    const reach = a.reach + (b.reach - a.reach) * t;
    const angle = a.angle + turn * t;
    const between = (near: number, far: number): number => near * reach * (1 - outwards) + far * outwards;
    return {
      x: table.centre.x + Math.cos(angle) * between(table.rx, table.outer.rx),
      y: table.centre.y + Math.sin(angle) * between(table.ry, table.outer.ry),
    };
  };
}

/** Away from the table, to nobody at it: an aside. */
export function toTheAudience(from: Point, table: Table): Way {
  const { angle } = polar(from, table);
  const end = {
    x: from.x + Math.cos(angle) * 46,
    y: from.y + Math.sin(angle) * 30 - 58,
  };
  const bend = { x: end.x, y: from.y - 10 };
  return (t) => quadratic(from, bend, end, t);
}

function quadratic(from: Point, bend: Point, to: Point, t: number): Point {
  const u = 1 - t;
  return {
    x: u * u * from.x + 2 * u * t * bend.x + t * t * to.x,
    y: u * u * from.y + 2 * u * t * bend.y + t * t * to.y,
  };
}

function polar(point: Point, table: Table): { angle: number; reach: number } {
  const x = (point.x - table.centre.x) / Math.max(1, table.rx);
  const y = (point.y - table.centre.y) / Math.max(1, table.ry);
  return { angle: Math.atan2(y, x), reach: Math.hypot(x, y) };
}
