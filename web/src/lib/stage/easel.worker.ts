// An easel in a worker: the first message brings its sheets, every other one is an order.

import { Easel, type Order } from './easel';

export type Sheets = { notes: OffscreenCanvas; threads: OffscreenCanvas };

let easel: Easel | null = null;

addEventListener('message', ({ data }: MessageEvent<Sheets | Order>) => {
  if ('what' in data) easel?.take(data);
  else easel = new Easel(data.notes, data.threads);
});
