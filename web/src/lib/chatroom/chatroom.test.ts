import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BODIES, COATS, EARS, looksOf, PATTERNS } from './critter';
import type { Talk } from './den.svelte';
import { Playback, READING_MS_MAX, READING_MS_MIN, readingMs, TYPING_MS } from './playback.svelte';
import { week, weekInWords } from './week';

const talk = (texts: string[]): Talk =>
  ({
    id: 'one',
    messages: texts.map((text, i) => ({ id: `${i}`, order: i + 1, from: i % 2 ? 'Pip' : 'Ember', to: [], text, sentiment: 0 })),
  }) as unknown as Talk;

describe('a conversation that is played', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('types for a second before each line, then leaves time to read (CL-38, CL-39, CL-44)', () => {
    const ends = vi.fn();
    const playback = new Playback(talk(['One.', 'Two.']), ends);
    playback.play();
    expect([playback.shown, playback.typing]).toEqual([0, 'Ember']);
    vi.advanceTimersByTime(TYPING_MS - 1);
    expect(playback.shown).toBe(0);
    vi.advanceTimersByTime(1);
    expect([playback.shown, playback.typing, playback.speaker]).toEqual([1, null, 'Ember']);
    vi.advanceTimersByTime(readingMs('One.'));
    expect([playback.shown, playback.typing]).toEqual([1, 'Pip']);
    vi.advanceTimersByTime(TYPING_MS);
    expect([playback.shown, playback.done, ends.mock.calls.length]).toEqual([2, true, 0]);
    vi.advanceTimersByTime(READING_MS_MIN);
    expect([ends.mock.calls.length, playback.running]).toEqual([1, false]);
  });

  it('can be skipped, replayed, paused and gone on with', () => {
    const ends = vi.fn();
    const playback = new Playback(talk(['One.', 'Two.', 'Three.']), ends);
    playback.play();
    playback.skip();
    expect([playback.shown, playback.done, ends.mock.calls.length]).toEqual([3, true, 1]);
    playback.play();
    expect(playback.shown).toBe(0);
    vi.advanceTimersByTime(TYPING_MS);
    playback.pause();
    vi.advanceTimersByTime(60_000);
    expect([playback.shown, playback.running, playback.typing]).toEqual([1, false, null]);
    playback.resume();
    vi.advanceTimersByTime(TYPING_MS);
    expect(playback.shown).toBe(2);
    playback.leave();
    vi.advanceTimersByTime(60_000);
    expect(playback.shown).toBe(2);
  });

  it('gives long lines more time, within bounds', () => {
    expect(readingMs('Hm.')).toBe(READING_MS_MIN);
    expect(readingMs('x'.repeat(60))).toBeGreaterThan(READING_MS_MIN);
    expect(readingMs('x'.repeat(1_000))).toBe(READING_MS_MAX);
  });
});

describe('how a companion looks', () => {
  it('is the same for a name, differs between names, and stays within what can be drawn', () => {
    expect(looksOf('ember')).toEqual(looksOf('ember'));
    const all = Array.from({ length: 200 }, (_, i) => looksOf(`creature-${i}`));
    expect(new Set(all.map((looks) => JSON.stringify(looks))).size).toBeGreaterThan(100);
    for (const { coat, body, ears, pattern } of all) {
      expect(coat < COATS && body < BODIES && ears < EARS && pattern < PATTERNS).toBe(true);
    }
    for (const [count, of] of [[COATS, 'coat'], [BODIES, 'body'], [EARS, 'ears'], [PATTERNS, 'pattern']] as const) {
      expect(new Set(all.map((looks) => looks[of])).size).toBe(count);
    }
  });
});

describe('a week of moods', () => {
  it('has seven days that end today, each with the last mood of it', () => {
    const now = new Date(2026, 10, 27, 19, 0);
    const at = (days: number, hour: number): string => new Date(2026, 10, 27 - days, hour).toISOString();
    const days = week(
      [
        { at: at(2, 6), mood: 'happy' },
        { at: at(2, 18), mood: 'unhappy' },
        { at: at(0, 6), mood: 'neutral' },
      ],
      now.getTime(),
    );
    expect(days.map(({ mood }) => mood)).toEqual([null, null, null, null, 'unhappy', null, 'neutral']);
    expect(days.at(-1)?.full).toBe('Friday');
    expect(weekInWords(days)).toBe('unhappy on Wednesday, neutral on Friday');
    expect(weekInWords(week([], now.getTime()))).toBe('nothing was said this week');
  });
});
