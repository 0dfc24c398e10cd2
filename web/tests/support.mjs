// A real server and a real browser for the tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
export const binary = process.env.WEB_TEST_BINARY ?? join(target, 'debug', 'parlor');
const browserPath = process.env.WEB_TEST_CHROMIUM ?? '/usr/bin/chromium';
/** Where pictures of the page go, for people to look at. */
export const pictures = process.env.WEB_TEST_PICTURES ?? join(target, 'web-pictures');

export const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
];
export const SCHEMES = ['light', 'dark'];

/** Waits until `condition` gives something, and says what for when it does not. */
export async function until(what, condition, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A server of this checkout on a port and a folder of its own. */
export class Server {
  static async start(worlds = ['friends'], args = []) {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: cargo build -p parlor`);
    const server = new Server();
    server.folder = await mkdtemp(join(tmpdir(), 'parlor-web-'));
    server.port = await freePort();
    server.args = ['up', ...worlds, '--quiet', ...args];
    await server.run();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async run() {
    const args = [...this.args, '--listen', `127.0.0.1:${this.port}`, '--data-dir', this.folder];
    this.process = spawn(binary, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    this.log = '';
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (bytes) => (this.log = (this.log + bytes).slice(-20_000)));
    }
    await until(`the server (it said: ${this.log})`, async () => {
      if (this.process.exitCode !== null) throw new Error(`the server ended: ${this.log}`);
      return fetch(`${this.url}/ready`).then((answer) => answer.ok, () => false);
    });
  }

  /** Kills it as a crash would. */
  async kill() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGKILL');
      await once(this.process, 'exit');
    }
  }

  async end() {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async post(path, body = {}) {
    const answer = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async get(path) {
    const answer = await fetch(this.url + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  start(wish = {}, world = 'friends') {
    return this.post(`/api/worlds/${world}/conversations`, wish);
  }
}

export async function openBrowser() {
  if (!existsSync(browserPath)) {
    throw new Error(`no browser at ${browserPath}: apt-get install chromium, or set WEB_TEST_CHROMIUM`);
  }
  return chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
}

/** A page that fails the test when a script of it fails or its policy refuses something. */
export async function visit(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: SIZES[1], colorScheme: 'light', ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text())) {
      page.faults.push(message.text());
    }
  });
  const answer = await page.goto(url);
  if (!(await page.locator('#app').count())) {
    throw new Error(`this binary has no web page (${answer.status()}): make web, then build it again`);
  }
  return page;
}

export const lines = (page) => page.locator('.transcript .line');
export const live = (page) => page.locator('.mark.live').waitFor();

/** Until every face that is in view has its portrait. */
export const drawn = (page) =>
  until('the portraits', () =>
    page.evaluate(() => [...document.querySelectorAll('.face')].every((face) => face.querySelector('img')?.complete)),
  );

/** Ids of the lines on the page. */
export const lineIds = (page) => page.locator('li.line').evaluateAll((all) => all.map((line) => line.id));

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is wrong with a view as it stands: accessibility, and what sticks out. It is kept as a picture. */
export async function faultsOf(page, name) {
  // A window that was given another size has its styles a frame later.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  // The policy of the page lets nothing be put into it; the tester's own world is outside of it.
  const { violations } = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`);
  await picture(page, name);
  return [
    ...(wide > 0 ? [`${name}: ${wide} px wider than the window`] : []),
    ...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120) + ' ' + node.failureSummary).join(' | ')}`),
  ];
}

export async function picture(page, name) {
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** Writes a world file and gives its path. */
export async function worldFile(name, text) {
  const folder = await mkdtemp(join(tmpdir(), 'parlor-world-'));
  const path = join(folder, `${name}.toml`);
  await writeFile(path, text);
  return path;
}
