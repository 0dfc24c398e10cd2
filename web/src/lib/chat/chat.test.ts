import { describe, expect, it } from 'vitest';
import { readCard } from './card';
import { parse, type ChatLine } from './frames';
import { Lines } from './lines';

const line = (id: string, role: 'user' | 'ai' = 'ai'): ChatLine => ({ id, role, text: id, at: 'now', fallback: false });

describe('frames', () => {
  it('are read by their type', () => {
    expect(parse('{"type":"connection","session_id":"s","character":"Tony","resumed":true}')).toEqual({
      what: 'connected',
      session: 's',
      character: 'Tony',
      resumed: true,
    });
    expect(parse('{"type":"ai_response","id":"a","content":"hi","timestamp":"t"}')).toEqual({
      what: 'line',
      line: { id: 'a', role: 'ai', text: 'hi', at: 't', fallback: false },
    });
    expect(parse('{"type":"delta","answers":"a","content":"h"}')).toEqual({ what: 'piece', answers: 'a', text: 'h' });
    expect(parse('{"type":"error","code":"too_fast","message":"slow","retry_after":2}')).toMatchObject({ retryAfterS: 2 });
  });

  it.each(['', '7', 'null', '[]', '{"type":"echo"}', '{"type":"later"}', undefined])('that are not known are passed over: %s', (data) => {
    expect(parse(data)).toBeNull();
  });
});

describe('lines', () => {
  it('wait at the end until the server has them, and are there once', () => {
    const lines = new Lines();
    lines.remember([line('1', 'user'), line('2')]);
    lines.send('3', 'hello');
    expect(lines.all.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(lines.lastSaid).toBe('2');
    lines.arrived(line('3', 'user'));
    lines.arrived(line('3', 'user'));
    lines.arrived(line('4'));
    expect(lines.all.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
    expect(lines.waiting).toEqual([]);
  });

  it('that were missed are not doubled by what comes live', () => {
    const lines = new Lines();
    lines.arrived(line('2'));
    lines.arrived(line('3'));
    lines.send('4', 'x');
    lines.remember([line('1'), line('2'), line('4', 'user')]);
    expect(lines.all.map(({ id }) => id)).toEqual(['1', '2', '4', '3']);
    expect(lines.giveUp('4')).toBeNull();
  });
});

describe('cards', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const chunk = (kind: string, data: Uint8Array): number[] => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, data.length);
    return [...length, ...bytes(kind), ...data, 0, 0, 0, 0];
  };
  const png = (...chunks: number[][]): Uint8Array =>
    Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...chunks.flat()]);
  const card = { spec: 'chara_card_v2', data: { name: 'Zoë', description: '{{char}} sails.', personality: 'Calm.', first_mes: 'Ahoy, {{user}}!' } };

  it('are read from JSON of either form', () => {
    const words = { name: 'Zoë', persona: 'Zoë sails.\n\nCalm.', greeting: 'Ahoy, you!' };
    expect(readCard(bytes(JSON.stringify(card)))).toEqual(words);
    expect(readCard(bytes(JSON.stringify(card.data)))).toEqual(words);
  });

  it('are read from pictures, the newer form first', () => {
    const packed = (value: unknown): string => btoa(String.fromCharCode(...bytes(JSON.stringify(value))));
    const old = chunk('tEXt', bytes(`chara\0${packed({ name: 'Old' })}`));
    const fresh = chunk('tEXt', bytes(`ccv3\0${packed(card)}`));
    expect(readCard(png(chunk('IHDR', new Uint8Array(13)), old, fresh))?.name).toBe('Zoë');
    expect(readCard(png(old))?.name).toBe('Old');
  });

  it.each(['', '{', '[]', 'null', '{"data":{"name":7}}'])('that are none give nothing: %s', (text) => {
    expect(readCard(bytes(text))).toBeNull();
  });

  it('that are cut off give nothing', () => {
    const whole = png(chunk('tEXt', bytes('chara\0e30=')));
    for (let end = 0; end < whole.length; end += 1) expect(readCard(whole.slice(0, end))).toBeNull();
  });
});
