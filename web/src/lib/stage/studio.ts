// Where the stage is drawn: in a worker, or beside everything else in browsers that can't.

import { Easel, type Order } from './easel';
import type { Sheets } from './easel.worker';
import script from './easel.worker?worker&url';

export interface Studio {
  tell(order: Order): void;
  close(): void;
}

/** What browsers that know trusted types want to hear of a script's address; the page's policy names it. */
interface Policies {
  createPolicy(name: string, rules: { createScriptURL: () => string }): { createScriptURL: (url: string) => string };
}
const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
const trusted = policies?.createPolicy('parlor-worker', { createScriptURL: () => script });

/** Opens a studio for these two sheets, which nobody else draws on from now on. */
export function openStudio(notes: HTMLCanvasElement, threads: HTMLCanvasElement): Studio {
  if (!('transferControlToOffscreen' in notes)) {
    const easel = new Easel(notes, threads);
    return { tell: (order) => easel.take(order), close: () => undefined };
  }
  const worker = new Worker(trusted?.createScriptURL(script) ?? script, { type: 'module', name: 'easel' });
  const sheets: Sheets = { notes: notes.transferControlToOffscreen(), threads: threads.transferControlToOffscreen() };
  worker.postMessage(sheets, [sheets.notes, sheets.threads]);
  return { tell: (order) => worker.postMessage(order), close: () => worker.terminate() };
}
