import { describe, expect, it } from 'vitest';
import { parse } from './happening';
import { Meter } from './meter';
import { Ring } from './ring';
import { Sampler } from './sampler';

describe('the buffer of lines', () => {
  it('keeps the last ones and says how many fell out', () => {
    const ring = new Ring<number>(3);
    expect(ring.push(1, 2)).toBe(0);
    expect(ring.push(3, 4, 5)).toBe(2);
    expect(ring.items).toEqual([3, 4, 5]);
  });

  it('stays within its size whatever comes at once', () => {
    const ring = new Ring<number>(3);
    const many = Array.from({ length: 10_000 }, (_, i) => i);
    ring.push(...many);
    expect(ring.items).toEqual([9_997, 9_998, 9_999]);
  });
});

describe('the meter', () => {
  it('gives the mean of whole seconds', () => {
    const meter = new Meter(60);
    for (let second = 0; second < 5; second += 1) meter.add(10, second * 1_000);
    expect(meter.rate(5_000, 5)).toBe(10);
  });

  it('forgets what is older than its span, and counts on', () => {
    const meter = new Meter(10);
    meter.add(7, 0);
    expect(meter.history(60_000)).toEqual(new Array(10).fill(0));
    expect(meter.total).toBe(7);
  });

  it('does not take a clock amiss that goes backwards', () => {
    const meter = new Meter(10);
    meter.add(1, 100_000);
    meter.add(1, 99_000);
    expect(meter.total).toBe(2);
    expect(meter.history(100_000).at(-1)).toBe(2);
  });
});

describe('the sampler', () => {
  it('draws everything at a rate that can be followed', () => {
    const sampler = new Sampler(50);
    for (let i = 0; i < 100; i += 1) sampler.take(1_000 + i * 25);
    expect(sampler.report()).toEqual({ seen: 100, drawn: 100 });
  });

  it('draws a sample of 2,000 events a second, and counts all of them', () => {
    const sampler = new Sampler(60, 60);
    for (let i = 0; i < 20_000; i += 1) sampler.take(1_000 + i / 2);
    const { seen, drawn } = sampler.report();
    expect(seen).toBe(20_000);
    expect(drawn).toBeGreaterThan(600);
    expect(drawn).toBeLessThan(700);
  });
});

describe('a live event', () => {
  it('is read by its name', () => {
    expect(parse('world.paused', '{"world":"friends","paused":true}')).toEqual({
      what: 'world',
      world: 'friends',
      paused: true,
      pace: null,
    });
  });

  it('that is broken or unknown is passed over', () => {
    expect(parse('message', '{')).toBeNull();
    expect(parse('message', 'null')).toBeNull();
    expect(parse('world.paused', '{"world":7}')).toBeNull();
    expect(parse('weather', '{}')).toBeNull();
  });
});
