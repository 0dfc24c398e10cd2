// Figures and times as people read them.

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium' });

export const count = (n: number): string => (Math.abs(n) < 10_000 ? whole.format(n) : short.format(n));

/** Events per second: `0`, `0.4`, `12`, `2K`. */
export function perSecond(rate: number): string {
  if (rate === 0) return '0';
  return rate < 10 ? rate.toFixed(1) : count(Math.round(rate));
}

/** `one line`, `12 lines`. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** `just now`, `5 min. ago`, `yesterday`. */
export function ago(time: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(time)) / 1000;
  if (!Number.isFinite(seconds)) return 'at some time';
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return relative.format(-Math.trunc(seconds / size), unit);
  }
  return seconds < 10 ? 'just now' : relative.format(-Math.trunc(seconds), 'second');
}

const valid = (time: string): Date | null => {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date;
};

/** The time of the day, to the second. */
export const timeOfDay = (time: string): string => {
  const date = valid(time);
  return date ? clock.format(date) : '';
};

/** The time of the day, with the day where it is not today. */
export function moment(time: string, nowMs: number): string {
  const date = valid(time);
  if (!date) return '';
  const today = new Date(nowMs).toDateString() === date.toDateString();
  return today ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
}

/** Everything, for a tooltip. */
export const fullTime = (time: string): string => {
  const date = valid(time);
  return date ? full.format(date) : '';
};

/** `840 µs`, `12 ms`, `1.4 s`, `2 min`. */
export function duration(micros: number): string {
  if (micros < 1_000) return `${Math.round(micros)} µs`;
  if (micros < 10_000) return `${(micros / 1_000).toFixed(1)} ms`;
  if (micros < 1_000_000) return `${Math.round(micros / 1_000)} ms`;
  if (micros < 120_000_000) return `${(micros / 1_000_000).toFixed(1)} s`;
  return `${Math.round(micros / 60_000_000)} min`;
}

/** `Ross`, `Ross and Rachel`, `Ross, Rachel and 3 others`. */
export function names(all: readonly string[], most = 3): string {
  if (all.length === 0) return 'nobody';
  if (all.length === 1) return all[0] ?? '';
  if (all.length <= most) return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
  return `${all.slice(0, most - 1).join(', ')} and ${plural(all.length - most + 1, 'other')}`;
}

export type Mood = 'cross' | 'sour' | 'even' | 'warm' | 'bright';

/** A word for a mood from -1 to 1. */
export function moodWord(mood: number | null): Mood {
  if (mood === null || Math.abs(mood) < 0.12) return 'even';
  if (mood > 0) return mood > 0.5 ? 'bright' : 'warm';
  return mood < -0.5 ? 'cross' : 'sour';
}
