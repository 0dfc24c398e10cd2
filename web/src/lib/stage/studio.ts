// Where the stage is drawn: in a worker, or beside everything else in browsers that can't.

import { Easel, type Order } from './easel';
import type { Sheets } from './easel.worker';

export interface Studio {
  tell(order: Order): void;
  close(): void;
}

/** Opens a studio for these two sheets, which nobody else draws on from now on. */
export function openStudio(notes: HTMLCanvasElement, threads: HTMLCanvasElement): Studio {
  if (!('transferControlToOffscreen' in notes)) {
    const easel = new Easel(notes, threads);
    return { tell: (order) => easel.take(order), close: () => undefined };
  }
  const worker = new Worker(new URL('./easel.worker.ts', import.meta.url), { type: 'module', name: 'easel' });
  const sheets: Sheets = { notes: notes.transferControlToOffscreen(), threads: threads.transferControlToOffscreen() };
  worker.postMessage(sheets, [sheets.notes, sheets.threads]);
  return { tell: (order) => worker.postMessage(order), close: () => worker.terminate() };
}
