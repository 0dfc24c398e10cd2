import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The server that `npm run dev` shows: start it with `parlor up`. */
const server = process.env['PARLOR_URL'] ?? 'http://127.0.0.1:8000';
/** Fonts are compressed already. */
const COMPRESSED = /\.(html|js|css|svg)$/;

/** Puts the compressed forms of each file beside it: the server sends them as they are. */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved: (config) => {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle: async () => {
      const files = await readdir(folder, { recursive: true });
      await Promise.all(files.filter((file) => COMPRESSED.test(file)).map((file) => compress(join(folder, file))));
    },
  };
}

async function compress(file: string): Promise<void> {
  const plain = await readFile(file);
  const forms = {
    br: await promisify(brotliCompress)(plain, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
    }),
    gz: await promisify(gzip)(plain, { level: 9 }),
  };
  for (const [extension, bytes] of Object.entries(forms)) {
    if (bytes.length < plain.length) await writeFile(`${file}.${extension}`, bytes);
    else await rm(`${file}.${extension}`, { force: true });
  }
}

export default defineConfig({
  plugins: [svelte(), compressed()],
  build: {
    outDir: 'dist/page',
    target: 'es2022',
    // The policy of the page allows no inline script and no data: font or style.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: { proxy: { '/api': server, '/openapi.json': server, '/docs': server } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
