// The built page before a world that talks at a chosen rate, without a server of Parlor.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const page = fileURLToPath(new URL('../dist/page/', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const uuid = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const at = () => new Date().toISOString();
const list = (items) => ({ items, nextCursor: null });
/** Lines after which a conversation ends and another one opens in its place. */
const EXCHANGES = 20;

/** So many people in pairs, who say so many lines a second; gives the address and how to end it. */
export async function crowd(cast, rate) {
  const names = Array.from({ length: cast }, (_, i) => `Guest ${i + 1}`);
  const pairs = Array.from({ length: Math.max(1, Math.floor(cast / 2)) }, (_, i) => [names[i * 2], names[(i * 2 + 1) % cast]]);
  const talks = pairs.map((_, i) => ({ id: i, said: 0 }));
  let said = 0;
  let opened = pairs.length;

  const kindOf = (i) => (i % 5 === 4 ? 'side' : 'duet');
  const conversation = (i) => ({
    id: uuid(talks[i].id), world: 'crowd', kind: kindOf(i), parentId: null, status: 'ACTIVE', participants: pairs[i],
    topic: `matter ${talks[i].id}`, exchanges: talks[i].said, createdAt: at(), endedAt: null,
  });

  /** The next line, and the end and the beginning of conversations where it is the last one. */
  function next() {
    said += 1;
    const i = said % pairs.length;
    const [a, b] = talks[i].said % 2 ? pairs[i] : [...pairs[i]].reverse();
    talks[i].said += 1;
    const events = [['message', {
      id: uuid(1_000_000 + said), conversationId: uuid(talks[i].id), parentId: null, conversationKind: kindOf(i),
      order: talks[i].said, from: a, to: [b], text: `This is line ${said}, and it is about as long as lines are when people talk.`,
      kind: said % 17 ? 'line' : 'aside', role: 'ai', sentiment: Math.sin(said), heardFrom: [], fallback: false, createdAt: at(),
    }]];
    if (talks[i].said >= EXCHANGES) {
      events.push(['conversation.closed', { ...conversation(i), status: 'CLOSED', endedAt: at() }]);
      talks[i] = { id: opened, said: 0 };
      opened += 1;
      events.push(['conversation.opened', conversation(i)]);
    }
    return events;
  }

  const world = { name: 'crowd', title: 'A crowd', about: 'Many talk.', access: 'open', paused: false, pace: '0', model: null, characters: [], mechanics: [], routing: {}, aliases: [] };
  const answers = {
    '/api/worlds': () => list([world]),
    '/api/worlds/crowd': () => world,
    '/api/worlds/crowd/characters': () => list(names.map((name, i) => ({ slug: `g${i}`, name, persona: '', traits: {}, likes: [], catchphrases: [], dialect: 'x', present: true }))),
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
      for (; sent < due; sent += 1) {
        for (const [event, data] of next()) text += `id: 0-${sent}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      }
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
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    said: () => said,
    end: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
