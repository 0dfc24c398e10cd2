// The two sheets that a stage is drawn on, one for threads and one for notes: what is to be drawn is
// told by orders, and drawn as long as something moves. It needs nothing of the page, so that it can
// live in a worker, where drawing takes no time from the page.

import type { Point, Table } from './geometry';
import { Painter, type Colours, type NoteKind, type Thread } from './painter';

type Sheet = HTMLCanvasElement | OffscreenCanvas;
type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** A note that sets out; `to` is null where it goes to nobody at the table. */
export interface Dispatch {
  kind: NoteKind;
  from: string;
  to: string | null;
}

/** What is told of the stage. */
export type Order =
  /** Its size in pixels of the page, and how many of the sheet's make one of those. */
  | { what: 'size'; w: number; h: number; scale: number }
  /** Who sits where; `fresh` when the stage has changed its shape, and what is in the air is lost. */
  | { what: 'seats'; places: ReadonlyMap<string, Point>; table: Table; fresh: boolean }
  | { what: 'colours'; colours: Colours }
  /** Who talks with whom; `calm` when threads come and go at once. */
  | { what: 'threads'; threads: readonly Thread[]; calm: boolean }
  | { what: 'notes'; notes: readonly Dispatch[] };

export class Easel {
  readonly #painter = new Painter();
  #size = { w: 1, h: 1, scale: 1 };
  #places: ReadonlyMap<string, Point> = new Map();
  #table: Table | null = null;
  #colours: Colours | null = null;
  #calm = false;
  /** Threads are drawn anew only when they or the seats have changed. */
  #redraw = true;
  #running = false;

  constructor(
    readonly notes: Sheet,
    readonly threads: Sheet,
  ) {}

  take(order: Order): void {
    switch (order.what) {
      case 'size':
        this.#resize(order);
        break;
      case 'seats':
        this.#places = order.places;
        this.#table = order.table;
        if (order.fresh) this.#painter.clear();
        break;
      case 'colours':
        this.#colours = order.colours;
        break;
      case 'threads':
        this.#calm = order.calm;
        this.#painter.threads(order.threads);
        break;
      case 'notes':
        for (const { kind, from, to } of order.notes) this.#painter.send(kind, from, to, performance.now());
    }
    if (order.what !== 'notes') this.#redraw = true;
    this.#run();
  }

  #resize({ w, h, scale }: { w: number; h: number; scale: number }): void {
    this.#size = { w, h, scale };
    for (const sheet of [this.notes, this.threads]) {
      sheet.width = Math.round(w * scale);
      sheet.height = Math.round(h * scale);
    }
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    requestAnimationFrame((nowMs) => this.#frame(nowMs));
  }

  #frame(nowMs: number): void {
    this.#running = this.#table !== null && this.#colours !== null && this.#draw(this.#table, this.#colours, nowMs);
    if (this.#running) requestAnimationFrame((next) => this.#frame(next));
  }

  /** Draws what has changed; false once nothing moves. */
  #draw(table: Table, colours: Colours, nowMs: number): boolean {
    if (this.#redraw) {
      const context = this.#cleared(this.threads);
      this.#redraw = context !== null && this.#painter.drawThreads(context, this.#places, table, colours, this.#calm);
    }
    const context = this.#cleared(this.notes);
    const flying = context !== null && this.#painter.drawNotes(context, this.#places, table, colours, nowMs);
    return flying || this.#redraw;
  }

  #cleared(sheet: Sheet): Context | null {
    const context = sheet.getContext('2d') as Context | null;
    const { w, h, scale } = this.#size;
    context?.setTransform(scale, 0, 0, scale, 0, 0);
    context?.clearRect(0, 0, w, h);
    return context;
  }
}
