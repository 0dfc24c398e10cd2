// Where the places of a world lie on its map. Nobody says so in a world's file: the map is drawn from
// the names, always the same for the same names and sheet.

import type { Point, Size } from '../stage/geometry';

export interface Site extends Point {
  slug: string;
}

export interface Road {
  a: string;
  b: string;
  /** From a to b, bent a little. */
  via: Point;
}

export interface Geography {
  sites: readonly Site[];
  roads: readonly Road[];
  /** The coast, as points around the land. */
  coast: readonly Point[];
  /** Where nothing is but the land: hills and trees stand there. */
  wilds: readonly (Point & { kind: 'hill' | 'tree' | 'pine' })[];
}

/** Dice of its own for each text, so that the same map is drawn each time (mulberry32). */
export function diceOf(text: string): () => number {
  let seed = 0x9e3779b9;
  for (const char of text) seed = Math.imul(seed ^ (char.codePointAt(0) ?? 0), 0x85ebca6b) >>> 0;
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Roads that leave a place, besides those that come from elsewhere. */
const ROADS_EACH = 2;
const WILDS_PER_PLACE = 5;

export function mapOf(slugs: readonly string[], sheet: Size): Geography {
  const sites = sitesOf(slugs, sheet);
  const roads = roadsOf(sites);
  return { sites, roads, coast: coastOf(slugs, sheet), wilds: wildsOf(sites, sheet) };
}

/** Places in loose rows: apart from each other, and none exactly in line with another. */
function sitesOf(slugs: readonly string[], { w, h }: Size): Site[] {
  const columns = Math.max(1, Math.min(slugs.length, Math.round(Math.sqrt((slugs.length * w) / Math.max(1, h)))));
  const rows = Math.ceil(slugs.length / columns);
  const margin = w * 0.02;
  return slugs.map((slug, i) => {
    const dice = diceOf(slug);
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, slugs.length - row * columns);
    const cell = { w: (w - 2 * margin) / inRow, h: h / rows };
    const jitter = (room: number): number => (dice() - 0.5) * room;
    return {
      slug,
      x: margin + cell.w * ((i % columns) + 0.5) + jitter(Math.min(cell.w * 0.22, 110)),
      y: cell.h * (row + 0.42) + jitter(cell.h * 0.3),
    };
  });
}

function roadsOf(sites: readonly Site[]): Road[] {
  const roads = new Map<string, Road>();
  for (const a of sites) {
    const others = sites.filter((b) => b !== a).sort((b, c) => apart(a, b) - apart(a, c));
    for (const b of others.slice(0, ROADS_EACH)) {
      const [first, second] = a.slug < b.slug ? [a, b] : [b, a];
      roads.set(`${first.slug}\n${second.slug}`, { a: first.slug, b: second.slug, via: bend(first, second) });
    }
  }
  return [...roads.values()];
}

/** A point beside the middle of the straight way: nobody builds roads with a ruler. */
export function bend(a: Site, b: Site): Point {
  const [first, second] = a.slug < b.slug ? [a, b] : [b, a];
  const side = (diceOf(`${first.slug} ${second.slug}`)() - 0.5) * 0.5;
  return { x: (a.x + b.x) / 2 - (second.y - first.y) * side, y: (a.y + b.y) / 2 + (second.x - first.x) * side };
}

/** Where one is after the part `t` of the way from one place to another. */
export function along(a: Site, b: Site, t: number): Point {
  const via = bend(a, b);
  const u = 1 - t;
  return { x: u * u * a.x + 2 * u * t * via.x + t * t * b.x, y: u * u * a.y + 2 * u * t * via.y + t * t * b.y };
}

function coastOf(slugs: readonly string[], { w, h }: Size): Point[] {
  const dice = diceOf(slugs.join());
  const points = 26;
  return Array.from({ length: points }, (_, i) => {
    const angle = (i / points) * 2 * Math.PI;
    // A rounded rectangle (a superellipse) that fills the sheet, frayed by waves.
    const round = (value: number): number => Math.sign(value) * Math.abs(value) ** 0.38;
    const reach = 0.965 - dice() * 0.055;
    return { x: w / 2 + (round(Math.cos(angle)) * reach * w) / 2, y: h / 2 + (round(Math.sin(angle)) * reach * h) / 2 };
  });
}

function wildsOf(sites: readonly Site[], { w, h }: Size): Geography['wilds'] {
  const dice = diceOf(sites.map(({ slug }) => slug).join('/'));
  const kinds = ['hill', 'tree', 'pine'] as const;
  const wilds: (Point & { kind: 'hill' | 'tree' | 'pine' })[] = [];
  const near = Math.min(w, h) * 0.045;
  const room = Math.min(150, Math.sqrt((w * h) / Math.max(1, sites.length)) * 0.42);
  for (let tries = 0; tries < sites.length * 40 && wilds.length < sites.length * WILDS_PER_PLACE; tries += 1) {
    const at = { x: w * (0.09 + dice() * 0.82), y: h * (0.1 + dice() * 0.8) };
    const kind = kinds[Math.floor(dice() * kinds.length)] ?? 'hill';
    const isFree = sites.every((site) => apart(at, { x: site.x, y: site.y + room * 0.35 }) > room);
    if (isFree && wilds.every((other) => apart(at, other) > near)) wilds.push({ ...at, kind });
  }
  return wilds.sort((a, b) => a.y - b.y);
}

const apart = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** A soft closed line through these points, as an SVG path. */
export function softLine(points: readonly Point[]): string {
  const at = (i: number): Point => points[(i + points.length) % points.length] ?? { x: 0, y: 0 };
  const half = (i: number): Point => ({ x: (at(i).x + at(i + 1).x) / 2, y: (at(i).y + at(i + 1).y) / 2 });
  const text = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
  return `M${text(half(-1))}${points.map((point, i) => `Q${text(point)} ${text(half(i))}`).join('')}Z`;
}
