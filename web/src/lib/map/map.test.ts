import { describe, expect, it } from 'vitest';
import { along, mapOf } from './geography';
import { landmarkOf } from './landmarks';

const SHEETS = [
  { w: 360, h: 760 },
  { w: 950, h: 570 },
  { w: 1_900, h: 1_230 },
];
const slugs = (count: number): string[] => Array.from({ length: count }, (_, i) => `place-${i}`);

describe.each(SHEETS)('a map of $w × $h', (sheet) => {
  it.each([1, 2, 7, 8, 20, 40])('has %i places on the sheet, apart from each other', (count) => {
    const { sites } = mapOf(slugs(count), sheet);
    expect(sites).toHaveLength(count);
    const room = Math.sqrt((sheet.w * sheet.h) / count);
    for (const [i, a] of sites.entries()) {
      expect(a.x).toBeGreaterThan(0);
      expect(a.x).toBeLessThan(sheet.w);
      expect(a.y).toBeGreaterThan(0);
      expect(a.y).toBeLessThan(sheet.h);
      for (const b of sites.slice(i + 1)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(room * 0.35);
    }
  });

  it('is always the same for the same places', () => {
    expect(mapOf(slugs(8), sheet)).toEqual(mapOf(slugs(8), sheet));
  });

  it('has roads between places that there are, no two between the same', () => {
    const { roads } = mapOf(slugs(8), sheet);
    const known = new Set(slugs(8));
    expect(roads.length).toBeGreaterThan(5);
    expect(roads.every(({ a, b }) => known.has(a) && known.has(b) && a < b)).toBe(true);
    expect(new Set(roads.map(({ a, b }) => `${a} ${b}`)).size).toBe(roads.length);
  });
});

it('a walk begins and ends at its places, by the same road there and back', () => {
  const a = { slug: 'a', x: 10, y: 20 };
  const b = { slug: 'b', x: 300, y: 400 };
  expect(along(a, b, 0)).toMatchObject({ x: 10, y: 20 });
  expect(along(a, b, 1)).toMatchObject({ x: 300, y: 400 });
  const there = along(a, b, 0.3);
  const back = along(b, a, 0.7);
  expect(Math.hypot(there.x - back.x, there.y - back.y)).toBeLessThan(0.001);
});

it('places look like what they are called, else like what is said of them', () => {
  expect(landmarkOf('Great Library', 'In a tower.')).toBe('books');
  expect(landmarkOf('Hagrid’s hut', '')).toBe('hut');
  expect(landmarkOf('The old place', 'A greenhouse full of steam.')).toBe('glass');
  expect(landmarkOf('Somewhere', '')).toBe('gate');
});
