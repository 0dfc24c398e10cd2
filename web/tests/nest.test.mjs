// The nest: what companions said is played, won back, and mended, over plain questions and answers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { PASSWORD } from './guest.mjs';
import { binary, faultsOf, openBrowser, SCHEMES, Server, SIZES, until, visit, worldFile } from './support.mjs';

const run = promisify(execFile);
let server;
let browser;
let people = 0;
let world;

/** A world in which everybody falls out and runs away soon. */
async function touchy() {
  const bundled = new URL('../../worlds/', import.meta.url);
  const text = await readFile(new URL('chatlings.toml', bundled), 'utf8');
  const changes = [
    ['conflict = 0.3 ', 'conflict = 0.01 '],
    ['strikes = 3', 'strikes = 1'],
    ['chance = 0.10', 'chance = 1.0'],
    ['odds = { easy = 0.8, normal = 0.5, hard = 0.2 }', 'odds = { easy = 1.0, normal = 0.0, hard = 1.0 }'],
    ['hard = 50 }', 'hard = 40 }'],
    ['chance = 0.02', 'chance = 0.0'],
  ];
  const changed = changes.reduce((world, [from, to]) => {
    assert.ok(world.includes(from), from);
    return world.replace(from, to);
  }, text);
  const path = await worldFile('chatlings', changed);
  await copyFile(new URL('chatlings.lines.json', bundled), join(dirname(path), 'chatlings.lines.json'));
  return path;
}

before(async () => {
  world = await touchy();
  server = await Server.start([world]);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.end();
});

const parlor = (...args) => run(binary, [...args, '--data-dir', server.folder, '--seed', '7']);
const give = (page, ...more) => parlor('seed', world, '--account', page.username, ...more);
const talk = () => parlor('generate', world, '--json');

/** A page of somebody new at the nest, with so many companions, after so many runs. */
async function nester({ companions = 0, coins = 0, runs = 0, clock = false, ...options } = {}) {
  people += 1;
  const page = await visit(browser, `${server.url}/chatroom`, options);
  page.username = `nester${people}`;
  page.sockets = 0;
  page.on('websocket', () => (page.sockets += 1));
  page.on('request', (request) => (page.sockets += request.resourceType() === 'eventsource' ? 1 : 0));
  await page.getByRole('button', { name: 'I am new here' }).click();
  await page.getByLabel('Username').fill(page.username);
  await page.getByLabel('What they call you').fill(`Nester ${people}`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('heading', { level: 1, name: 'While you were away' }).waitFor();
  if (companions > 0) await give(page, '--companions', String(companions), '--coins', String(coins));
  for (let i = 0; i < runs; i += 1) await talk();
  if (clock) {
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 1_000);
  }
  if (companions > 0) await page.goto(`${server.url}/chatroom`);
  await page.getByRole('heading', { level: 1, name: 'While you were away' }).waitFor();
  return page;
}

const script = (page) => page.getByRole('log').locator('li:not(.typing) .words').allTextContents();
const badge = (page) => page.getByRole('navigation').getByRole('link', { name: /The nest/ });

test('the latest conversation is typed and said line by line, skipped and replayed, without a socket (CL-38 to CL-45, CL-67)', async () => {
  const page = await nester({ companions: 5, runs: 1, clock: true });
  const said = (await (await page.request.get(`${server.url}/api/chatroom/conversations?limit=1`)).json()).items[0];
  await page.locator('.nook .people li').first().waitFor();
  assert.equal(await page.locator('.nook .people li').count(), said.participants.length);
  assert.deepEqual(await script(page), []);
  await page.locator('.script .typing').waitFor();
  assert.equal(await page.locator('.script .typing .from').textContent(), said.messages[0].from);
  await badge(page).getByText('1').waitFor();
  await page.clock.runFor(1_000);
  await until('the first line', async () => (await script(page)).length === 1);
  assert.deepEqual(await script(page), [said.messages[0].text]);
  assert.equal(await page.locator('.script .typing').count(), 0, 'there is time to read');
  for (let ms = 0; ms < 2_600 && (await page.locator('.script .typing').count()) === 0; ms += 100) await page.clock.runFor(100);
  await page.locator('.script .typing').waitFor();
  await page.getByRole('button', { name: 'Hold on' }).click();
  await page.clock.runFor(60_000);
  assert.equal((await script(page)).length, 1, 'it waits');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.clock.runFor(1_000);
  await until('the second line', async () => (await script(page)).length === 2);
  await page.getByRole('button', { name: 'Skip' }).click();
  assert.deepEqual(await script(page), said.messages.map(({ text }) => text));
  for (const { name, moodAfter } of said.participants) {
    await page.locator('.stage .upshot li').filter({ hasText: name }).getByText(moodAfter, { exact: true }).last().waitFor();
  }
  await until('the badge to go', async () => !/not heard/.test(await badge(page).textContent()));
  await page.getByRole('button', { name: 'Replay' }).click();
  assert.deepEqual(await script(page), []);
  for (const _ of said.messages) await page.clock.runFor(3_700);
  await page.locator('.stage .upshot').waitFor();
  assert.deepEqual(await script(page), said.messages.map(({ text }) => text));
  assert.equal(page.sockets, 0, 'nothing stays open');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who comes from the Coffee House leaves its connection behind (CL-67)', async () => {
  const page = await nester({ companions: 2 });
  await page.getByRole('link', { name: 'Conversations' }).click();
  await page.getByRole('link', { name: /The nest/ }).click();
  await page.getByRole('heading', { level: 1, name: 'While you were away' }).waitFor();
  assert.equal(await page.locator('.mark.live').count(), 0);
  // What was seen last is there at once, also while the server does not answer (CL-66).
  await page.getByRole('link', { name: 'Conversations' }).click();
  await page.route('**/api/chatroom/**', () => undefined);
  await page.getByRole('link', { name: /The nest/ }).click();
  await page.getByRole('heading', { level: 1, name: 'While you were away' }).waitFor();
  await page.context().close();
});

test('ten conversations of before are there, collapsed, and are read when they are opened (CL-41, CL-42, CL-46)', async () => {
  const page = await nester({ companions: 40, runs: 12, reducedMotion: 'reduce' });
  const past = page.getByRole('region', { name: 'What they said before' });
  assert.equal(await past.locator('details').count(), 10);
  assert.equal(await past.locator('details[open]').count(), 0);
  await badge(page).getByText('11').waitFor();
  const first = past.locator('details').first();
  await first.locator('summary').focus();
  await page.keyboard.press('Enter');
  await first.locator('.script li').first().waitFor();
  await badge(page).getByText('10').waitFor();
  assert.equal(await first.getByText('new', { exact: true }).count(), 0);
  await first.getByRole('button', { name: /^Play its/ }).click();
  await page.getByRole('button', { name: 'Skip' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'stage-title');
  await page.getByRole('button', { name: 'To the latest' }).click();
  await page.getByRole('button', { name: 'Skip' }).click();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a runaway is won back for coins, or it gets harder (CL-43, CL-47, CL-73 to CL-76)', async () => {
  const page = await nester({ companions: 8, coins: 70, reducedMotion: 'reduce' });
  const woods = page.getByRole('region', { name: 'Out in the woods' });
  await woods.getByText('Everybody is at home.').waitFor();
  const gone = await until('a runaway', async () => {
    await talk();
    const { items } = await (await page.request.get(`${server.url}/api/chatroom/runaways`)).json();
    return items.length > 0 ? items : null;
  }, 60_000);
  await page.reload();
  const { name } = gone[0];
  const row = woods.getByRole('listitem').filter({ hasText: name }).first();
  await row.getByText('0 in 100 come back').waitFor();
  await row.getByRole('button', { name: `Call ${name} for 25 coins` }).click();
  await woods.getByRole('status').getByText(`${name} listened to all of it`).waitFor();
  await page.getByText('45 coins', { exact: true }).waitFor();
  await row.getByText('100 in 100 come back').waitFor();
  await row.getByText('You tried once.').waitFor();
  // An answer that gets lost: asked again, nothing is paid twice.
  let lost = 0;
  await page.route('**/api/chatroom/recover/**', async (route) => {
    if (lost === 0) await route.fetch();
    lost += 1;
    return lost === 1 ? route.abort() : route.continue();
  });
  await row.getByRole('button', { name: `Call ${name} for 40 coins` }).click();
  await woods.getByRole('alert').getByText('can’t be reached').waitFor();
  await row.getByRole('button', { name: `Call ${name} for 40 coins` }).click();
  await woods.getByRole('status').getByText(`${name} peeked round the corner`).waitFor();
  await page.getByText('5 coins', { exact: true }).waitFor();
  await page.getByRole('region', { name: 'How everybody feels' }).getByRole('heading', { name }).waitFor();
  const poor = woods.getByText('You have 5 coins, 20 too few.').first();
  if (gone.length > 1) await poor.waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('moods of all companions and of a week, and meditation mends them (CL-40, CL-48, CL-90)', async () => {
  const page = await nester({ companions: 3, runs: 2, reducedMotion: 'reduce' });
  const feelings = page.getByRole('region', { name: 'How everybody feels' });
  const moods = await (await page.request.get(`${server.url}/api/chatroom/moods`)).json();
  assert.equal(await feelings.getByRole('listitem').count(), moods.companions.length);
  for (const { name, mood, trend } of moods.companions) {
    const row = feelings.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });
    await row.getByText(mood, { exact: true }).waitFor();
    const week = await row.getByRole('img').getAttribute('aria-label');
    const today = new Intl.DateTimeFormat('en-GB', { weekday: 'long' }).format(new Date());
    assert.match(week, trend.length > 0 ? new RegExp(`${trend.at(-1).mood} on ${today}`) : /nothing was said/);
  }
  const { name } = moods.companions[0];
  await feelings.getByRole('button', { name: `Let ${name} meditate` }).click();
  await feelings.getByText('Meditates until').waitFor();
  await page.context().close();
});

test('a server that can’t be reached is told, and asked again by itself', async () => {
  const page = await nester({ companions: 2 });
  await page.route('**/api/chatroom/**', (route) => route.abort());
  await page.reload();
  await page.getByRole('heading', { name: 'The nest is out of reach' }).waitFor();
  await page.unroute('**/api/chatroom/**');
  await page.getByRole('heading', { level: 1, name: 'While you were away' }).waitFor();
  await page.context().close();
});

for (const scheme of SCHEMES) {
  test(`the nest by ${scheme}: no violation of accessibility, nothing sticks out`, async () => {
    const options = { colorScheme: scheme, reducedMotion: 'reduce' };
    const problems = [];
    const look = async (page, name) => {
      for (const size of SIZES) {
        await page.setViewportSize(size);
        problems.push(...(await faultsOf(page, `nest-${name}-${scheme}-${size.width}`)));
      }
    };
    const visitor = await visit(browser, `${server.url}/chatroom`, options);
    await visitor.getByRole('button', { name: 'Sign in' }).waitFor();
    await look(visitor, 'sign-in');
    await visitor.context().close();
    const newcomer = await nester(options);
    await look(newcomer, 'empty');
    await give(newcomer, '--companions', '3');
    await newcomer.reload();
    await newcomer.getByRole('heading', { name: 'Nothing was said yet' }).waitFor();
    await look(newcomer, 'quiet');
    await newcomer.context().close();
    const page = await nester({ companions: 9, coins: 40, runs: 7, ...options });
    await page.locator('.stage .upshot').waitFor();
    await look(page, 'ended');
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.locator('.script li.live:not(.typing)').nth(1).waitFor();
    await page.locator('.script .typing').waitFor();
    await page.getByRole('button', { name: 'Hold on' }).click();
    await look(page, 'playing');
    await page.locator('.past summary').first().click();
    await page.locator('.past summary').first().scrollIntoViewIfNeeded();
    await look(page, 'past');
    problems.push(...page.faults);
    assert.deepEqual(problems, []);
    await page.context().close();
  });
}
