import { describe, expect, it } from 'vitest';
import type { Conversation, Message } from './api/client';
import { initials, tint } from './avatars';
import { asJsonLines, asMarkdown } from './export';
import { ago, count, duration, moodWord, names, perSecond, plural } from './format';
import { legs } from './legs';
import { match, to } from './route';
import { marked } from './snippet';
import { steady, tree } from './tree';

const NOON = Date.parse('2026-01-31T12:00:00Z');

const conversation = (id: string, parentId: string | null = null): Conversation => ({
  id,
  world: 'friends',
  kind: parentId ? 'side' : 'duet',
  parentId,
  status: 'ACTIVE',
  participants: ['Ross', 'Rachel'],
  topic: null,
  exchanges: 0,
  createdAt: '2026-01-31T12:00:00Z',
  endedAt: null,
});

const message = (from: string, text: string): Message => ({
  id: 'm',
  conversationId: 'c',
  parentId: null,
  conversationKind: 'duet',
  order: 1,
  from,
  to: ['Rachel'],
  text,
  kind: 'line',
  role: 'ai',
  sentiment: 0,
  heardFrom: [],
  fallback: false,
  createdAt: '2026-01-31T12:00:00Z',
});

describe('figures and times', () => {
  it('are short', () => {
    expect(count(1_234)).toBe('1,234');
    expect(count(1_250_000)).toBe('1.3M');
    expect(perSecond(0.42)).toBe('0.4');
    expect(perSecond(1_999.6)).toBe('2,000');
    expect(plural(1, 'line')).toBe('1 line');
    expect(plural(12, 'line')).toBe('12 lines');
  });

  it('tell how long ago', () => {
    expect(ago('2026-01-31T11:59:58Z', NOON)).toBe('just now');
    expect(ago('2026-01-31T11:54:00Z', NOON)).toContain('6');
    expect(ago('2026-01-30T11:00:00Z', NOON)).toBe('yesterday');
    expect(ago('nonsense', NOON)).toBe('at some time');
  });

  it('have the unit that fits', () => {
    expect([840, 4_200, 84_000, 1_400_000, 150_000_000].map(duration)).toEqual([
      '840 µs',
      '4.2 ms',
      '84 ms',
      '1.4 s',
      '3 min',
    ]);
  });

  it('name a few and count the others', () => {
    expect(names([])).toBe('nobody');
    expect(names(['Ross', 'Rachel'])).toBe('Ross and Rachel');
    expect(names(['a', 'b', 'c', 'd', 'e'])).toBe('a, b and 3 others');
  });

  it('give a mood a word', () => {
    expect([null, 0.05, 0.3, 0.9, -0.3, -0.9].map(moodWord)).toEqual([
      'even',
      'even',
      'warm',
      'bright',
      'sour',
      'cross',
    ]);
  });
});

describe('addresses', () => {
  it('name views and back', () => {
    const id = '5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10';
    expect(match('/')).toEqual({ view: 'house', world: null });
    expect(match(to.house('a b/c'))).toEqual({ view: 'house', world: 'a b/c' });
    expect(match(to.conversation(id))).toEqual({ view: 'conversation', id });
    expect(match('/ops/')).toEqual({ view: 'ops' });
  });

  it('that are not ours are missing', () => {
    for (const path of ['/worlds', '/conversations/7', '/worlds/%E0%A4%A', '/ops/x', '/<img>']) {
      expect(match(path).view).toBe('missing');
    }
  });
});

describe('side threads', () => {
  it('stand under what they came from', () => {
    const all = [conversation('a'), conversation('c', 'b'), conversation('b', 'a'), conversation('d', 'gone')];
    expect(tree(all).map(({ conversation: { id }, depth }) => `${id}${depth}`)).toEqual(['a0', 'b1', 'c2', 'd0']);
  });

  it('in a circle end all the same', () => {
    expect(tree([conversation('a', 'b'), conversation('b', 'a'), conversation('e', 'e')])).toHaveLength(3);
  });

  it('keep their places when others come and go', () => {
    const ids = (before: string[], now: string[]): string =>
      steady(before, now.map((id) => conversation(id))).map(({ id }) => id).join('');
    expect(ids(['a', 'b', 'c'], ['a', 'c', 'd'])).toBe('adc');
    expect(ids(['a', 'b', 'c'], ['c', 'd', 'e', 'f'])).toBe('decf');
    expect(ids(['a', 'b', 'c'], ['c'])).toBe('c');
    expect(ids([], ['a', 'b'])).toBe('ab');
  });
});

describe('found words', () => {
  const whole = (parts: { text: string }[]): string => parts.map((part) => part.text).join('');

  it('are marked by UTF-16 units', () => {
    const parts = marked('🦕 feathers', [{ start: 3, end: 11 }]);
    expect(parts).toEqual([
      { text: '🦕 ', hit: false },
      { text: 'feathers', hit: true },
    ]);
  });

  it('keep the text whole whatever the marks are', () => {
    for (const marks of [
      [{ start: 3, end: 1 }],
      [{ start: 0, end: 99 }, { start: 1, end: 2 }],
      [{ start: 50, end: 60 }],
      [{ start: -4, end: 2 }],
    ]) {
      expect(whole(marked('a b c', marks))).toBe('a b c');
    }
  });
});

describe('the legs of a hop', () => {
  it('keep their order and leave out what nobody measured', () => {
    const micros = { committed: null, spoke: 5_000, waited: 120, loaded: 800, decided: 30 };
    expect(legs({ micros }).map(({ name, micros }) => `${name} ${micros}`)).toEqual([
      'on the bus 120',
      'scene loaded 800',
      'decided 30',
      'words found 5000',
    ]);
    expect(legs(null)).toEqual([]);
  });
});

describe('an export', () => {
  it('escapes what would be markup', () => {
    const text = asMarkdown(conversation('c'), [message('<img src=x onerror=alert(1)>', '[a](javascript:b) **c**')]);
    expect(text).not.toMatch(/[^\\]</);
    expect(text).not.toContain('](javascript');
    expect(text).not.toContain('**c**');
  });

  it('has one object a line', () => {
    const lines = asJsonLines(conversation('c'), [message('Ross', 'a\nb')]).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['c', 'm']);
  });
});

describe('a face', () => {
  it('has letters before it has a picture', () => {
    expect(initials('Rachel')).toBe('R');
    expect(initials('Minerva McGonagall the Third')).toBe('MM');
    expect(initials('<>')).toBe('');
  });

  it('keeps its tint', () => {
    expect(tint('Ross', 6)).toBe(tint('Ross', 6));
    expect(tint('Ross', 6)).toBeLessThan(6);
  });
});
