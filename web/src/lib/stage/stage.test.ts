import { describe, expect, it } from 'vitest';
import { place } from './bubbles';
import { Guests, threadsOf } from './director';
import { acrossTable, behindBacks, overlap, type Rect, type Size } from './geometry';
import { faceRadius, Seating, tableOf } from './seating';

const STAGES: Size[] = [
  { w: 360, h: 400 },
  { w: 935, h: 570 },
  { w: 1_900, h: 1_250 },
];
const people = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`);

describe.each(STAGES)('the seating on a stage of $w × $h', (stage) => {
  it.each([1, 2, 4, 9, 20, 50, 60])('keeps %i faces on the stage and apart', (count) => {
    const seating = new Seating();
    seating.seat(people(count), stage);
    const places = [...seating.places().values()];
    const r = seating.radius;
    expect(places).toHaveLength(count);
    for (const { x, y } of places) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(stage.w);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(stage.h);
    }
    for (const [i, a] of places.entries()) {
      for (const b of places.slice(i + 1)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(r * 1.6);
    }
  });

  it('comes to rest after somebody leans', () => {
    const seating = new Seating();
    seating.seat(people(8), stage);
    seating.lean([['p0', 'p3']]);
    let steps = 0;
    while (seating.step()) steps += 1;
    expect(steps).toBeLessThan(200);
  });

  it('lets whispers pass behind the chairs, and lines over the table', () => {
    const r = faceRadius(4, stage);
    const table = tableOf(stage, r);
    const a = { x: table.centre.x - table.rx * 0.7, y: table.centre.y - table.ry * 0.7 };
    const b = { x: table.centre.x + table.rx * 0.7, y: table.centre.y - table.ry * 0.7 };
    const out = (at: { x: number; y: number }): number =>
      Math.hypot((at.x - table.centre.x) / table.rx, (at.y - table.centre.y) / table.ry);
    expect(out(behindBacks(a, b, table)(0.5))).toBeGreaterThan(1.05);
    expect(out(acrossTable(a, b, table)(0.5))).toBeLessThan(0.8);
    for (const way of [behindBacks(a, b, table), acrossTable(a, b, table)]) {
      expect(Math.hypot(way(0).x - a.x, way(0).y - a.y)).toBeLessThan(1);
      expect(Math.hypot(way(1).x - b.x, way(1).y - b.y)).toBeLessThan(1);
    }
  });
});

describe('bubbles', () => {
  const stage = { w: 900, h: 600 };
  const face = (x: number, y: number): Rect => ({ x, y, w: 110, h: 130 });

  it('stay on the stage and never cover each other', () => {
    const faces = [face(100, 60), face(680, 60), face(100, 400), face(680, 400)];
    const bubbles: Rect[] = [];
    for (let i = 0; i < 12; i += 1) {
      const speaker = faces[i % faces.length] as Rect;
      const rect = place(speaker, { w: 240, h: 80 }, { stage, faces, bubbles });
      if (rect === null) continue;
      for (const other of bubbles) expect(overlap(rect, other)).toBe(0);
      expect(rect.x).toBeGreaterThanOrEqual(0);
      expect(rect.x + rect.w).toBeLessThanOrEqual(stage.w);
      expect(rect.y).toBeGreaterThanOrEqual(0);
      expect(rect.y + rect.h).toBeLessThanOrEqual(stage.h);
      bubbles.push(rect);
    }
    expect(bubbles.length).toBeGreaterThan(3);
  });

  it('leave the face of their speaker free', () => {
    const speaker = face(395, 235);
    const rect = place(speaker, { w: 240, h: 80 }, { stage, faces: [speaker], bubbles: [] });
    expect(rect && overlap(rect, speaker)).toBe(0);
  });
});

describe('guests', () => {
  it('sit while there are seats; then the quietest makes room for who speaks', () => {
    const guests = new Guests(3);
    guests.invite(['a', 'b', 'c', 'd']);
    expect(guests.seated).toEqual(['a', 'b', 'c']);
    guests.spoke(['a', 'c']);
    expect(guests.spoke(['d'])).toBe(true);
    expect(guests.seated).toEqual(['a', 'd', 'c']);
  });

  it('are never more than the seats', () => {
    const guests = new Guests(5);
    guests.spoke(people(1_000));
    expect(guests.seated).toHaveLength(5);
    expect(new Set(guests.seated).size).toBe(5);
  });

  it('have threads to each other, a bounded number', () => {
    const talk = { participants: people(50), kind: 'group' } as never;
    expect(threadsOf([talk, talk, talk], 2)).toHaveLength(12);
  });
});
