// Draws what moves on the stage: notes on their way, and the threads between those who talk.

import { acrossTable, behindBacks, toTheAudience, type Point, type Table, type Way } from './geometry';

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** A line to the others, gossip, or a comment from outside. */
export type NoteKind = 'line' | 'whisper' | 'aside';

export interface Thread {
  a: string;
  b: string;
  kind: 'line' | 'whisper';
}

export type Colours = Record<NoteKind, string> & { paper: string };

type Places = ReadonlyMap<string, Point>;

interface Note {
  kind: NoteKind;
  from: string;
  to: string | null;
  bornAt: number;
  lasts: number;
}

interface Ripple {
  at: Point;
  kind: NoteKind;
  bornAt: number;
}

/** Notes in the air at the same time. */
const NOTES_MAX = 90;
const TRAVEL_MS: Record<NoteKind, number> = { line: 850, whisper: 1_350, aside: 1_100 };
const RIPPLE_MS = 420;
const TRAIL_PARTS = 5;
const TURN = 2 * Math.PI;

export class Painter {
  #notes: Note[] = [];
  #ripples: Ripple[] = [];
  #threads = new Map<string, Thread & { shown: number; wanted: 0 | 1 }>();

  /** Sends a note on its way, to nobody at the table where `to` is null; false when the air is full. */
  send(kind: NoteKind, from: string, to: string | null, nowMs: number): boolean {
    if (this.#notes.length >= NOTES_MAX) return false;
    this.#notes.push({ kind, from, to, bornAt: nowMs, lasts: TRAVEL_MS[kind] });
    return true;
  }

  /** Who talks with whom from now on; threads come and go softly. */
  threads(wanted: readonly Thread[]): void {
    for (const thread of this.#threads.values()) thread.wanted = 0;
    for (const thread of wanted) {
      const key = `${thread.kind}\n${thread.a}\n${thread.b}`;
      const shown = this.#threads.get(key)?.shown ?? 0;
      this.#threads.set(key, { ...thread, shown, wanted: 1 });
    }
  }

  /** Forgets what moves: the stage has changed its shape. */
  clear(): void {
    this.#notes = [];
    this.#ripples = [];
  }

  /** Draws the notes in the air; false when there are none. */
  drawNotes(context: Context, places: Places, table: Table, colours: Colours, nowMs: number): boolean {
    for (const note of this.#notes) {
      const from = places.get(note.from);
      const to = note.to === null ? undefined : places.get(note.to);
      if (from) drawNote(context, note, noteWay(note.kind, from, to, table), colours, nowMs);
    }
    for (const ripple of this.#ripples) drawRipple(context, ripple, colours, nowMs);
    this.#land(places, nowMs);
    return this.#notes.length > 0 || this.#ripples.length > 0;
  }

  /** Draws the threads; false once none comes or goes any more. They have a layer of their own. */
  drawThreads(context: Context, places: Places, table: Table, colours: Colours, calm: boolean): boolean {
    let fading = false;
    for (const [key, thread] of this.#threads) {
      const step = calm ? 1 : 0.07;
      thread.shown += Math.max(-step, Math.min(step, thread.wanted - thread.shown));
      if (thread.shown !== thread.wanted) fading = true;
      const a = places.get(thread.a);
      const b = places.get(thread.b);
      if (thread.shown <= 0 && thread.wanted === 0) this.#threads.delete(key);
      else if (a && b) drawThread(context, wayOf(thread.kind, a, b, table), thread, colours);
    }
    return fading;
  }

  #land(places: Places, nowMs: number): void {
    const landed = this.#notes.filter((note) => nowMs - note.bornAt >= note.lasts);
    if (landed.length > 0) this.#notes = this.#notes.filter((note) => nowMs - note.bornAt < note.lasts);
    for (const note of landed) {
      const at = note.to === null ? undefined : places.get(note.to);
      if (at && note.kind !== 'aside') this.#ripples.push({ at, kind: note.kind, bornAt: nowMs });
    }
    this.#ripples = this.#ripples.filter((ripple) => nowMs - ripple.bornAt < RIPPLE_MS);
  }
}

const noteWay = (kind: NoteKind, from: Point, to: Point | undefined, table: Table): Way =>
  to === undefined || kind === 'aside' ? toTheAudience(from, table) : wayOf(kind, from, to, table);

const wayOf = (kind: NoteKind, from: Point, to: Point, table: Table): Way =>
  kind === 'whisper' ? behindBacks(from, to, table) : acrossTable(from, to, table);

function drawThread(
  context: Context,
  way: Way,
  { kind, shown }: { kind: 'line' | 'whisper'; shown: number },
  colours: Colours,
): void {
  context.save();
  context.globalAlpha = shown * (kind === 'whisper' ? 0.75 : 0.55);
  context.strokeStyle = colours[kind];
  context.lineWidth = kind === 'whisper' ? 1.75 : 1.5;
  context.setLineDash(kind === 'whisper' ? [2, 7] : []);
  context.lineCap = 'round';
  context.beginPath();
  for (let i = 0; i <= 28; i += 1) {
    const { x, y } = way(i / 28);
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.stroke();
  context.restore();
}

/** Slow at both ends, as a hand is. */
const eased = (t: number): number => (t < 0.5 ? 2 * t * t : 1 - (2 - 2 * t) ** 2 / 2);

function drawNote(
  context: Context,
  note: Note,
  way: Way,
  colours: Colours,
  nowMs: number,
): void {
  const part = Math.min(1, Math.max(0, (nowMs - note.bornAt) / note.lasts));
  const t = eased(part);
  const { x, y } = way(t);
  const before = way(Math.max(0, t - 0.02));
  context.save();
  context.strokeStyle = colours[note.kind];
  context.lineCap = 'round';
  context.lineWidth = 2.5;
  if (note.kind !== 'line') context.setLineDash([1, 6]);
  for (let i = 1; i < TRAIL_PARTS; i += 1) {
    const from = way(Math.max(0, t - ((i + 1) / TRAIL_PARTS) * 0.34));
    const to = way(Math.max(0, t - (i / TRAIL_PARTS) * 0.34));
    context.globalAlpha = 0.75 * (1 - i / TRAIL_PARTS);
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = note.kind === 'aside' ? 1 - part ** 3 : 1;
  context.translate(x, y);
  context.rotate(Math.atan2(y - before.y, x - before.x) * 0.35 + Math.sin(part * 9) * 0.12);
  drawPaper(context, note.kind, colours);
  context.restore();
}

/** A folded note with a coloured edge; an aside is a round one, so colour is not all that tells. */
function drawPaper(context: Context, kind: NoteKind, colours: Colours): void {
  context.fillStyle = colours.paper;
  context.strokeStyle = colours[kind];
  context.lineWidth = 2;
  context.beginPath();
  if (kind === 'aside') context.arc(0, 0, 6.5, 0, TURN);
  else context.roundRect(-9, -6.5, 18, 13, 1.5);
  context.fill();
  context.stroke();
  context.beginPath();
  if (kind === 'aside') {
    context.moveTo(-2.5, 0);
    context.lineTo(2.5, 0);
  } else {
    context.moveTo(-9, -5.5);
    context.lineTo(0, 1.5);
    context.lineTo(9, -5.5);
  }
  context.stroke();
}

function drawRipple(context: Context, ripple: Ripple, colours: Colours, nowMs: number): void {
  const part = (nowMs - ripple.bornAt) / RIPPLE_MS;
  context.save();
  context.globalAlpha = Math.max(0, 0.8 * (1 - part));
  context.strokeStyle = colours[ripple.kind];
  context.lineWidth = 3 * (1 - part) + 0.5;
  context.beginPath();
  context.arc(ripple.at.x, ripple.at.y, 22 + part * 34, 0, TURN);
  context.stroke();
  context.restore();
}
