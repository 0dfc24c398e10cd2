// Writes src/lib/api/schema.d.ts from the OpenAPI document that the gateway's tests hold, or checks
// that it is what that document gives: `node scripts/api.mjs write|check`.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openapi, { astToString } from 'openapi-typescript';

const snapshot = fileURLToPath(
  new URL('../../crates/parlor-gateway/tests/it/snapshots/it__document__openapi.snap', import.meta.url),
);
const target = fileURLToPath(new URL('../src/lib/api/schema.d.ts', import.meta.url));

/** The snapshot is a head between two lines of hyphens, then the document. */
async function document() {
  const text = await readFile(snapshot, 'utf8');
  const end = text.indexOf('\n---\n');
  if (!text.startsWith('---\n') || end < 0) {
    throw new Error(`${snapshot} is not a snapshot with a head: has its form changed?`);
  }
  return JSON.parse(text.slice(end + '\n---\n'.length));
}

const head = '// Made by `npm run api:generate` from the OpenAPI document. Do not edit.\n\n';
const wanted = head + astToString(await openapi(await document()));

switch (process.argv[2]) {
  case 'write':
    await writeFile(target, wanted);
    break;
  case 'check': {
    const found = await readFile(target, 'utf8').catch(() => '');
    if (found !== wanted) {
      console.error('src/lib/api/schema.d.ts is not what the OpenAPI document says: npm run api:generate');
      process.exitCode = 1;
    }
    break;
  }
  default:
    console.error('usage: node scripts/api.mjs write|check');
    process.exitCode = 2;
}
