// Found words in a text.

export interface Part {
  text: string;
  hit: boolean;
}

/** Takes a text apart at its marks (offsets in UTF-16 units, as the server gives them). */
export function marked(text: string, marks: readonly { start: number; end: number }[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  const add = (to: number, hit: boolean): void => {
    if (to > at) parts.push({ text: text.slice(at, to), hit });
    at = Math.max(at, to);
  };
  for (const { start, end } of [...marks].sort((a, b) => a.start - b.start)) {
    add(Math.min(start, text.length), false);
    add(Math.min(end, text.length), true);
  }
  add(text.length, false);
  return parts;
}
