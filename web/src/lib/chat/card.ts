// Character cards, as far as the page reads them: what they say of a character fills in the form, and
// the reader sees it before anything is sent. Only text is taken from them.

export interface CardWords {
  name: string;
  persona: string;
  greeting: string;
}

/** Larger files are no cards. */
export const CARD_BYTES_MAX = 8_000_000;
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** The newer form first. */
const KEYWORDS = ['ccv3', 'chara'];

/** Reads a card, a PNG picture or JSON; null where there is none in it. */
export function readCard(bytes: Uint8Array): CardWords | null {
  const isPng = PNG.every((byte, i) => bytes[i] === byte);
  const texts = isPng ? textsOf(bytes) : new Map([['json', new TextDecoder().decode(bytes)]]);
  for (const keyword of isPng ? KEYWORDS : ['json']) {
    const text = texts.get(keyword);
    const words = text === undefined ? null : wordsOf(isPng ? decoded(text) : text);
    if (words) return words;
  }
  return null;
}

/** The `tEXt` chunks of a PNG, by keyword. */
function textsOf(bytes: Uint8Array): Map<string, string> {
  const texts = new Map<string, string>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const latin = new TextDecoder('latin1');
  for (let at = PNG.length; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) break;
    if (latin.decode(bytes.subarray(at + 4, at + 8)) === 'tEXt') {
      const [keyword = '', text = ''] = latin.decode(bytes.subarray(at + 8, end)).split('\0', 2);
      texts.set(keyword, text);
    }
    at = end + 4;
  }
  return texts;
}

function decoded(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  } catch {
    return '';
  }
}

function wordsOf(json: string): CardWords | null {
  let card: unknown;
  try {
    card = JSON.parse(json);
  } catch {
    return null;
  }
  if (typeof card !== 'object' || card === null) return null;
  // What the first form of cards has at the top, the later ones have under `data`.
  const data = (card as { data?: unknown }).data;
  const fields = (typeof data === 'object' && data !== null ? data : card) as Record<string, unknown>;
  const text = (key: string): string => (typeof fields[key] === 'string' ? fields[key].trim() : '');
  const name = text('name');
  if (name === '') return null;
  const persona = ['system_prompt', 'description', 'personality', 'scenario'].map(text).filter((part) => part !== '');
  const named = (part: string): string => part.replaceAll('{{char}}', name).replaceAll('{{user}}', 'you');
  return { name, persona: named(persona.join('\n\n')), greeting: named(text('first_mes')) };
}
