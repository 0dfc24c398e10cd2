// The moods of the last seven days: one a day, the last of it.

import type { Mood } from './den.svelte';

export const DAYS = 7;
export interface Day {
  /** `Mon` */
  name: string;
  /** `Monday` */
  full: string;
  mood: Mood | null;
}

const short = new Intl.DateTimeFormat('en-GB', { weekday: 'short' });
const long = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });

/** Oldest first; today, by the reader's calendar, is the last. */
export function week(trend: readonly { at: string; mood: Mood }[], nowMs: number): Day[] {
  const last = new Map<string, Mood>();
  for (const { at, mood } of trend) last.set(new Date(at).toDateString(), mood);
  return Array.from({ length: DAYS }, (_, i) => {
    const date = new Date(nowMs);
    date.setDate(date.getDate() - (DAYS - 1 - i));
    return { name: short.format(date), full: long.format(date), mood: last.get(date.toDateString()) ?? null };
  });
}

/** For whoever hears the page: `happy on Monday, neutral on Tuesday`. */
export const weekInWords = (days: readonly Day[]): string =>
  days
    .filter(({ mood }) => mood !== null)
    .map(({ full, mood }) => `${mood} on ${full}`)
    .join(', ') || 'nothing was said this week';

export const LEVEL: Record<Mood, number> = { unhappy: 0, neutral: 1, happy: 2 };
