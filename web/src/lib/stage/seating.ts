// Who sits where: a force layout that keeps everybody on a ring around the table, apart from each
// other, and lets those who talk lean towards each other.

import {
  forceCollide,
  forceLink,
  forceSimulation,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force';
import type { Point, Size, Table } from './geometry';

interface Seat extends SimulationNodeDatum {
  name: string;
  /** Which ring, from the innermost. */
  ring: number;
  /** Where on the ring it started, in radians. */
  home: number;
}

type Lean = SimulationLinkDatum<Seat>;

/** Faces that are drawn at most; the others come to the table when they speak. */
export const SEATS_MAX = 60;

/** Room at the foot of the stage for the legend, in pixels. */
const FOOT = 36;

/** Radius of a face in pixels, for so many on a stage of this size. */
export function faceRadius(count: number, stage: Size): number {
  const room = Math.sqrt((stage.w * stage.h) / Math.max(4, count));
  const roomy = Math.min(room * 0.17, Math.min(stage.w, stage.h) * 0.095);
  return Math.round(Math.min(92, Math.max(15, roomy)));
}

/** The table on a stage of this size. */
export function tableOf(stage: Size, radius: number): Table {
  return {
    centre: { x: stage.w / 2, y: stage.h / 2 - FOOT / 3 },
    rx: Math.max(40, stage.w / 2 - radius * 1.35 - 12),
    ry: Math.max(40, stage.h / 2 - radius * 1.35 - FOOT),
    outer: { rx: Math.max(40, stage.w / 2 - 14), ry: Math.max(40, stage.h / 2 - FOOT * 0.8) },
  };
}

/** How many sit on each ring, the outermost last. */
export function rings(count: number, table: Table, radius: number): number[] {
  const around = Math.PI * (table.rx + table.ry);
  const most = Math.max(3, Math.floor(around / (radius * 2.9)));
  if (count <= most) return [count];
  const inner = Math.min(count - most, Math.floor(most * 0.6));
  return [inner, count - inner];
}

/** How far out a ring is, as a part of the table's radii. */
const reachOf = (ring: number, of: number): number => (of === 1 ? 1 : ring === of - 1 ? 1 : 0.6);

/** A cup on the table before each of those who sit at it. */
export function cupsOf(places: ReadonlyMap<string, Point>, { centre }: Table, radius: number): Point[] {
  return [...places.values()].map((at) => {
    const far = Math.hypot(at.x - centre.x, at.y - centre.y) || 1;
    const part = Math.max(0, far - radius * 1.7) / far;
    return { x: centre.x + (at.x - centre.x) * part, y: centre.y + (at.y - centre.y) * part };
  });
}

export class Seating {
  #seats: Seat[] = [];
  #rings = 1;
  #table: Table = { centre: { x: 0, y: 0 }, rx: 1, ry: 1, outer: { rx: 1, ry: 1 } };
  #radius = 20;
  readonly #simulation: Simulation<Seat, Lean>;
  readonly #leans = forceLink<Seat, Lean>().id((seat) => seat.name).strength(0.012);

  constructor() {
    this.#simulation = forceSimulation<Seat, Lean>()
      .alphaDecay(0.06)
      .velocityDecay(0.45)
      .force('ring', (alpha) => this.#toRing(alpha))
      .force('lean', this.#leans)
      .stop();
  }

  /** Seats these people on a stage of this size; who sat before keeps the place. */
  seat(names: readonly string[], stage: Size): void {
    this.#radius = faceRadius(names.length, stage);
    this.#table = tableOf(stage, this.#radius);
    const sizes = rings(names.length, this.#table, this.#radius);
    this.#rings = sizes.length;
    this.#seats = arranged(names, sizes).map((place) => ({ ...place, ...this.#homeOf(place) }));
    this.#simulation.nodes(this.#seats);
    this.#simulation.force('apart', forceCollide<Seat>(this.#radius * 1.34).strength(0.8));
    this.#leans.links([]).distance(this.#radius * 3.2);
    this.#settle(120);
  }

  /** Lets these pairs lean towards each other. */
  lean(pairs: readonly (readonly [string, string])[]): void {
    const seated = new Set(this.#seats.map((seat) => seat.name));
    const links = pairs
      .filter(([a, b]) => a !== b && seated.has(a) && seated.has(b))
      .map(([source, target]) => ({ source, target }));
    this.#leans.links(links);
    this.#simulation.alpha(Math.max(this.#simulation.alpha(), 0.3));
  }

  /** One step; false once everybody sits still. */
  step(): boolean {
    if (this.#simulation.alpha() < 0.012) return false;
    this.#simulation.tick();
    return true;
  }

  /** Ends all movement at once, for those who want none. */
  settle(): void {
    this.#settle(90);
  }

  get table(): Table {
    return this.#table;
  }

  get radius(): number {
    return this.#radius;
  }

  /** Where everybody is, by name. */
  places(): Map<string, Point> {
    return new Map(this.#seats.map((seat) => [seat.name, { x: seat.x ?? 0, y: seat.y ?? 0 }]));
  }

  #settle(ticks: number): void {
    this.#simulation.alpha(0.6).tick(ticks);
    this.#simulation.alpha(0);
  }

  #homeOf({ ring, home }: { ring: number; home: number }): Point {
    const reach = reachOf(ring, this.#rings);
    const { centre, rx, ry } = this.#table;
    return { x: centre.x + Math.cos(home) * rx * reach, y: centre.y + Math.sin(home) * ry * reach };
  }

  #toRing(alpha: number): void {
    const { centre, rx, ry } = this.#table;
    for (const seat of this.#seats) {
      const x = (seat.x ?? 0) - centre.x;
      const y = (seat.y ?? 0) - centre.y;
      const now = Math.hypot(x / rx, y / ry) || 1;
      const pull = (reachOf(seat.ring, this.#rings) / now - 1) * 0.9 * alpha;
      const home = this.#homeOf(seat);
      seat.vx = (seat.vx ?? 0) + x * pull + (home.x - centre.x - x) * 0.06 * alpha;
      seat.vy = (seat.vy ?? 0) + y * pull + (home.y - centre.y - y) * 0.06 * alpha;
    }
  }
}

function arranged(names: readonly string[], sizes: readonly number[]): Pick<Seat, 'name' | 'ring' | 'home'>[] {
  const places: Pick<Seat, 'name' | 'ring' | 'home'>[] = [];
  let next = 0;
  sizes.forEach((size, ring) => {
    // Nobody sits exactly at the top, where bubbles have least room; rings are staggered.
    const turn = -Math.PI / 2 + Math.PI / Math.max(1, size) + ring * 0.3;
    for (let i = 0; i < size; i += 1, next += 1) {
      const name = names[next];
      if (name !== undefined) places.push({ name, ring, home: turn + (i / size) * 2 * Math.PI });
    }
  });
  return places;
}
