// Measures the built page under a stream of events of a chosen rate, without a server:
//
//     node tests/measure.mjs --cast 50 --rate 50 --seconds 20
//
// Prints frames per second, the longest tasks, layout shift, first paint and the heap.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openBrowser } from './support.mjs';

const { values } = parseArgs({
  options: {
    cast: { type: 'string', default: '50' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '20' },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '800' },
  },
});
const [cast, rate, seconds] = [values.cast, values.rate, values.seconds].map(Number);
const page = fileURLToPath(new URL('../dist/page/', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const names = Array.from({ length: cast }, (_, i) => `Guest ${i + 1}`);
const uuid = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const at = () => new Date().toISOString();

const pairs = Array.from({ length: Math.max(1, Math.floor(cast / 2)) }, (_, i) => [names[i * 2], names[(i * 2 + 1) % cast]]);
const conversation = (i) => ({
  id: uuid(i), world: 'crowd', kind: i % 5 === 4 ? 'side' : 'duet', parentId: null, status: 'ACTIVE',
  participants: pairs[i], topic: `matter ${i}`, exchanges: 3, createdAt: at(), endedAt: null,
});
let said = 0;
function message() {
  said += 1;
  const i = said % pairs.length;
  const [a, b] = said % 2 ? pairs[i] : [...pairs[i]].reverse();
  return {
    id: uuid(1_000_000 + said), conversationId: uuid(i), parentId: null, conversationKind: i % 5 === 4 ? 'side' : 'duet',
    order: said, from: a, to: [b], text: `This is line ${said}, and it is about as long as lines are when people talk.`,
    kind: said % 17 ? 'line' : 'aside', role: 'ai', sentiment: Math.sin(said), heardFrom: [], fallback: false, createdAt: at(),
  };
}
const list = (items) => ({ items, nextCursor: null });
const world = { name: 'crowd', title: 'A crowd', about: 'Many talk.', access: 'open', paused: false, pace: '0', characters: [], mechanics: [], routing: {}, aliases: [] };
const answers = {
  '/api/worlds': () => list([world]),
  '/api/worlds/crowd': () => world,
  '/api/worlds/crowd/characters': () => list(names.map((name, i) => ({ slug: `g${i}`, name, persona: '', traits: {}, likes: [], catchphrases: [], dialect: 'x' }))),
  '/api/worlds/crowd/messages': () => list([]),
  '/api/worlds/crowd/conversations': () => list(pairs.map((_, i) => conversation(i))),
};

function stream(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const begun = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * rate);
    let text = '';
    for (; sent < due; sent += 1) text += `id: 0-${sent}\nevent: message\ndata: ${JSON.stringify(message())}\n\n`;
    if (text) response.write(text);
  }, 10);
  response.on('close', () => clearInterval(timer));
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/api/events') return stream(response);
  if (answers[pathname]) {
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify(answers[pathname]()));
  }
  const file = extname(pathname) ? pathname : '/index.html';
  const bytes = await readFile(join(page, file)).catch(() => null);
  response.writeHead(bytes ? 200 : 404, { 'content-type': types[extname(file)] ?? 'text/plain' });
  response.end(bytes ?? 'not here');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = await openBrowser();
const tab = await browser.newPage({ viewport: { width: Number(values.width), height: Number(values.height) } });
tab.on('pageerror', (error) => console.error(error));
await tab.addInitScript(() => {
  window.measured = { frames: [], tasks: [], shift: 0 };
  const { measured } = window;
  let last = performance.now();
  const frame = (now) => {
    measured.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((all) => measured.tasks.push(...all.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((all) => {
    for (const entry of all.getEntries()) measured.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
});
const devtools = await tab.context().newCDPSession(tab);
await devtools.send('HeapProfiler.enable');
const heap = async () => {
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize / 1e6;
};
await tab.goto(`http://127.0.0.1:${server.address().port}/`);
await tab.locator('.mark.live').waitFor();
await tab.waitForTimeout(4_000);
const heaps = [await heap()];
await tab.evaluate(() => {
  window.measured.frames.length = 0;
  window.measured.tasks.length = 0;
});
for (let part = 0; part < 4; part += 1) {
  await tab.waitForTimeout((seconds * 1000) / 4);
  heaps.push(await heap());
}
const found = await tab.evaluate(() => {
  const { frames, tasks, shift } = window.measured;
  const sorted = [...frames].sort((a, b) => a - b);
  const sum = frames.reduce((a, b) => a + b, 0);
  return {
    fps: (frames.length / sum) * 1000,
    p95: sorted[Math.floor(sorted.length * 0.95)],
    p99: sorted[Math.floor(sorted.length * 0.99)],
    longest: Math.max(0, ...tasks),
    tasks: tasks.length,
    shift,
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    elements: document.querySelectorAll('*').length,
    rate: document.querySelector('.rate')?.textContent?.trim(),
    sampling: document.querySelector('.sampling')?.textContent?.trim() ?? 'draws all',
  };
});
const ms = (value) => `${value?.toFixed(1)} ms`;
console.log(`cast ${cast}, ${rate} events/s, ${seconds} s at ${values.width}x${values.height}`);
console.log(`  frames      ${found.fps.toFixed(1)} a second, 95% within ${ms(found.p95)}, 99% within ${ms(found.p99)}`);
console.log(`  long tasks  ${found.tasks}, the longest ${found.longest} ms`);
console.log(`  first paint ${ms(found.paint)}, layout shift ${found.shift.toFixed(4)}`);
console.log(`  heap        ${heaps.map((size) => size.toFixed(1)).join(', ')} MB; ${found.elements} elements`);
console.log(`  it says     ${found.rate}; ${found.sampling}`);
await browser.close();
server.closeAllConnections();
server.close();
