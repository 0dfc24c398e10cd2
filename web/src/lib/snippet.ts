// Found words in a text.

export interface Part {
  text: string;
  hit: boolean;
}

/** Takes a text apart at its marks (offsets in characters, as the server counts them). */
export function marked(text: string, marks: readonly { start: number; end: number }[]): Part[] {
  const chars = [...text];
  const parts: Part[] = [];
  let at = 0;
  const add = (to: number, hit: boolean): void => {
    if (to > at) parts.push({ text: chars.slice(at, to).join(''), hit });
    at = Math.max(at, to);
  };
  for (const { start, end } of [...marks].sort((a, b) => a.start - b.start)) {
    add(Math.min(start, chars.length), false);
    add(Math.min(end, chars.length), true);
  }
  add(chars.length, false);
  return parts;
}
