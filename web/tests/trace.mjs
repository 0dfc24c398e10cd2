// What a recorded trace of Chromium says of the page's main thread.

const GROUPS = {
  script: /^(FunctionCall|EvaluateScript|v8\.|V8|FireAnimationFrame|TimerFire|EventDispatch|RunMicrotasks|MinorGC|MajorGC|XHR|ParseHTML)/,
  style: /^(UpdateLayoutTree|RecalculateStyles|ScheduleStyleRecalculation)/,
  layout: /^(Layout|IntersectionObserver)/,
  paint: /^(PrePaint|UpdateLayer|Paint|Layerize|Commit|CompositeLayers)/,
};
const groupOf = (name) => Object.keys(GROUPS).find((group) => GROUPS[group].test(name)) ?? null;
const part = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/**
 * Milliseconds of the processor that each frame takes on the main thread, and of what they consist.
 * Time of the processor, so that other programs of the machine do not count.
 */
export function frameCosts(trace) {
  const main = mainThread(trace);
  const begins = main.filter((event) => event.name === 'BeginMainThreadFrame' || event.name === 'FireAnimationFrame');
  const starts = [...new Set(begins.map((event) => event.ts))].sort((a, b) => a - b).filter((ts, i, all) => i === 0 || ts - all[i - 1] > 4_000);
  const frames = starts.map(() => 0);
  const frameAt = (ts) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= ts) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  for (const task of main) {
    if (task.name === 'RunTask') frames[frameAt(task.ts)] += cost(task);
  }
  const sums = ownTimes(main);
  const sorted = frames.slice(1, -1).sort((a, b) => a - b);
  return {
    frames: sorted.length,
    mean: sorted.reduce((a, b) => a + b, 0) / Math.max(1, sorted.length),
    p95: part(sorted, 0.95),
    p99: part(sorted, 0.99),
    worst: sorted.at(-1) ?? 0,
    over: sorted.filter((ms) => ms > 1000 / 60).length,
    parts: Object.fromEntries(Object.entries(sums).map(([name, ms]) => [name, ms / Math.max(1, frames.length)])),
  };
}

const cost = (event) => (event.tdur ?? event.dur ?? 0) / 1000;

/** The complete events of the main thread of the process that drew the most frames. */
function mainThread({ traceEvents }) {
  const threads = traceEvents.filter((event) => event.name === 'thread_name' && event.args.name === 'CrRendererMain');
  const all = threads.map(({ pid, tid }) => traceEvents.filter((event) => event.pid === pid && event.tid === tid && (event.ph === 'X' || event.ph === 'I') && event.name !== 'ThreadControllerImpl::RunTask'));
  const busiest = all.sort((a, b) => b.length - a.length)[0];
  if (!busiest) throw new Error('the trace has no main thread of a page');
  return busiest.sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
}

/** The time of each group without what is nested in it. */
function ownTimes(events) {
  const sums = { script: 0, style: 0, layout: 0, paint: 0, other: 0 };
  const open = [];
  for (const event of events) {
    if (event.ph !== 'X') continue;
    while (open.length > 0 && open.at(-1).end <= event.ts) open.pop();
    const outer = open.at(-1);
    const group = groupOf(event.name) ?? outer?.group ?? (event.name === 'RunTask' ? 'other' : null);
    if (group === null) continue;
    sums[group] += cost(event);
    if (outer) sums[outer.group] -= cost(event);
    open.push({ end: event.ts + (event.dur ?? 0), group });
  }
  return sums;
}
