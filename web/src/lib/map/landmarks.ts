// What a place looks like on the map: by what its names and what there is to do there speak of.

export type Landmark = 'tower' | 'books' | 'hut' | 'glass' | 'field' | 'rails' | 'town' | 'gate';

const SIGNS: readonly (readonly [Landmark, RegExp])[] = [
  ['glass', /greenhouse|garden|herb|plant|orchard|conservatory/],
  ['books', /librar|book|archive|study|school|reading/],
  ['rails', /platform|station|railway|train|harbou?r|port\b|airport/],
  ['field', /pitch|field|stadium|arena|court|park|sport/],
  ['hut', /hut|cottage|cabin|farm|barn|lodge|inn\b|tavern|caf[eé]|coffee|kitchen/],
  ['tower', /tower|castle|keep|fort|palace|hall|spire|dormitor/],
  ['town', /town|city|world|street|market|village|quarter|office/],
];

export function landmarkOf(name: string, about: string): Landmark {
  // What a place is called says more than what is said about it.
  for (const text of [name.toLowerCase(), about.toLowerCase()]) {
    const found = SIGNS.find(([, sign]) => sign.test(text));
    if (found) return found[0];
  }
  return 'gate';
}
