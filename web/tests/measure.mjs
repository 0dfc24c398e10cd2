// Measures the built page under a stream of events of a chosen rate, without a server:
//
//     node tests/measure.mjs --cast 50 --rate 50 --seconds 20
//     node tests/measure.mjs --soak 30 --rate 100
//
// The first prints frames per second, layout shift and first paint, and then, from a trace of as many
// seconds again (a trace slows the page down), what a frame costs the page's main thread
// (`--trace FILE` keeps the trace for Chromium's own tools). Without a graphics card the frames per
// second are those of a drawing program. The second prints what the page holds, minute by minute.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { crowd } from './crowd.mjs';
import { openBrowser } from './support.mjs';
import { frameCosts } from './trace.mjs';

const { values } = parseArgs({
  options: {
    cast: { type: 'string', default: '50' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '20' },
    soak: { type: 'string' },
    trace: { type: 'string' },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '800' },
  },
});
const [cast, rate, seconds, width, height] = ['cast', 'rate', 'seconds', 'width', 'height'].map((key) => Number(values[key]));
const ms = (value) => `${value?.toFixed(1)} ms`;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const world = await crowd(cast, rate);
const browser = await openBrowser();
const tab = await browser.newPage({ viewport: { width, height } });
tab.on('pageerror', (error) => console.error(error));
const devtools = await tab.context().newCDPSession(tab);

/** What the page holds after a collection of what it does not. */
async function held() {
  for (let turn = 0; turn < 2; turn += 1) await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners, documents } = await devtools.send('Memory.getDOMCounters');
  return { heap: usedSize / 1e6, nodes, listeners: jsEventListeners, documents };
}

async function soak(minutes) {
  console.log(`cast ${cast}, ${rate} events/s, ${minutes} minutes at ${width}x${height}`);
  console.log('  minute  heap MB   nodes  listeners  events');
  const points = [];
  for (let minute = 0; minute <= minutes; minute += 1) {
    if (minute > 0) await pause(60_000);
    const now = await held();
    points.push(now);
    console.log(`  ${String(minute).padStart(6)}  ${now.heap.toFixed(1).padStart(7)}  ${String(now.nodes).padStart(6)}  ${String(now.listeners).padStart(9)}  ${String(world.said()).padStart(6)}`);
  }
  const middle = (some, key) => some.map((point) => point[key]).sort((a, b) => a - b)[Math.floor(some.length / 2)];
  const third = Math.max(1, Math.floor(points.length / 3));
  for (const key of ['heap', 'nodes', 'listeners']) {
    const [first, last] = [middle(points.slice(1, third + 1), key), middle(points.slice(-third), key)];
    console.log(`  ${key}: ${first.toFixed(1)} in the first third, ${last.toFixed(1)} in the last (${((last / first - 1) * 100).toFixed(1)} %)`);
  }
}

/** What the page itself has counted. */
function seen() {
  return tab.evaluate(() => {
    const { frames, shift } = window.measured;
    const sorted = [...frames].sort((a, b) => a - b);
    return {
      fps: (frames.length / frames.reduce((a, b) => a + b, 0)) * 1000,
      p95: sorted[Math.floor(sorted.length * 0.95)],
      shift,
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
      elements: document.querySelectorAll('*').length,
      rate: document.querySelector('.rate')?.textContent?.trim(),
      sampling: document.querySelector('.sampling')?.textContent?.trim() ?? 'draws all',
    };
  });
}

async function frames() {
  await tab.evaluate(() => {
    window.measured.frames.length = 0;
  });
  await pause(seconds * 1000);
  const found = await seen();
  await browser.startTracing(tab, { categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8'] });
  await pause(seconds * 1000);
  const trace = await browser.stopTracing();
  if (values.trace) await writeFile(values.trace, trace);
  const costs = frameCosts(JSON.parse(trace.toString()));
  const parts = Object.entries(costs.parts).map(([name, value]) => `${name} ${value.toFixed(2)}`).join(', ');
  console.log(`cast ${cast}, ${rate} events/s, ${seconds} s at ${width}x${height}`);
  console.log(`  frames      ${found.fps.toFixed(1)} a second, 95% within ${ms(found.p95)}`);
  console.log(`  main thread ${ms(costs.mean)} a frame, 95% within ${ms(costs.p95)}, 99% within ${ms(costs.p99)}, the worst ${ms(costs.worst)}; ${costs.over} of ${costs.frames} over 16.7 ms`);
  console.log(`              ${parts} (ms a frame)`);
  console.log(`  first paint ${ms(found.paint)}, layout shift ${found.shift.toFixed(4)}; ${found.elements} elements`);
  console.log(`  it says     ${found.rate}; ${found.sampling}`);
}

await tab.addInitScript(() => {
  window.measured = { frames: [], shift: 0 };
  const { measured } = window;
  let last = performance.now();
  const frame = (now) => {
    measured.frames.push(now - last);
    if (measured.frames.length > 10_000) measured.frames.length = 0;
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((all) => {
    for (const entry of all.getEntries()) measured.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
});
await devtools.send('HeapProfiler.enable');
await tab.goto(world.url);
await tab.locator('.mark.live').waitFor();
await pause(4_000);
if (values.soak) await soak(Number(values.soak));
else await frames();
await browser.close();
world.end();
