// Every view, in every size and light: readable, reachable, and nothing that sticks out.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { drawn, faultsOf, live, openBrowser, SCHEMES, Server, SIZES, until, visit } from './support.mjs';

let server;
let browser;
let talk;
before(async () => {
  server = await Server.start(['friends'], ['--pace', '0']);
  browser = await openBrowser();
  for (let i = 0; i < 6; i += 1) talk = (await server.start()).conversationId;
  await until('the end of a conversation', async () => (await server.get(`/api/conversations/${talk}`)).status === 'CLOSED');
});
after(async () => {
  await browser?.close();
  await server?.end();
});

const views = () => [
  { name: 'house', path: '/', shows: 'li.line' },
  { name: 'start', path: '/', shows: 'li.line', opens: (page) => page.getByRole('button', { name: 'Start a conversation' }).first().click() },
  { name: 'character', path: '/', shows: 'li.line', opens: (page) => page.locator('.person').first().click() },
  { name: 'packet', path: '/', shows: 'li.line', opens: (page) => page.locator('li.line button').last().click() },
  { name: 'conversations', path: '/conversations', shows: '.list li' },
  { name: 'search', path: '/conversations?q=the', shows: '.found, .notice' },
  { name: 'nothing', path: '/conversations?q=zzzzzzzz', shows: '.notice' },
  { name: 'conversation', path: `/conversations/${talk}`, shows: 'li.line' },
  { name: 'ops', path: '/ops', shows: '.spark canvas' },
  { name: 'missing', path: '/no/such/page', shows: '.notice' },
];

for (const scheme of SCHEMES) {
  for (const size of SIZES) {
    test(`every view by ${scheme} at ${size.width} px: no violation of accessibility, nothing sticks out`, async () => {
      const problems = [];
      const page = await visit(browser, server.url, { viewport: size, colorScheme: scheme, reducedMotion: 'reduce' });
      for (const { name, path, shows, opens } of views()) {
        await page.goto(server.url + path);
        await page.locator(shows).first().waitFor();
        if (path === '/') await live(page);
        if (opens) {
          await opens(page);
          await page.getByRole('dialog').waitFor();
        }
        await drawn(page);
        problems.push(...(await faultsOf(page, `${name}-${scheme}-${size.width}`)));
      }
      problems.push(...page.faults);
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  }
}

test('one finds what was said by its words, and comes to the line', async () => {
  const page = await visit(browser, server.url);
  const { items } = await server.get(`/api/conversations/${talk}/messages?limit=1`);
  const word = items[0].text.match(/[A-Za-z]{5,}/)?.[0] ?? 'the';
  await page.goto(`${server.url}/conversations`);
  await until('the index', async () => {
    await page.getByRole('searchbox').fill('');
    await page.getByRole('searchbox').fill(word);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**q=${word}`);
    return page.locator('.found mark').first().waitFor({ timeout: 2_000 }).then(() => true, () => false);
  });
  await page.locator('.found a').first().click();
  await page.locator('.line.marked').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a conversation can be taken along as a document and as JSON lines', async () => {
  const page = await visit(browser, `${server.url}/conversations/${talk}`);
  for (const [button, name] of [['Document', '.md'], ['JSON lines', '.jsonl']]) {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ]);
    assert.ok(file.suggestedFilename().endsWith(name));
    const text = await readFile(await file.path(), 'utf8');
    assert.ok(text.length > 100);
  }
  await page.context().close();
});

test('operations show the inboxes of the cast and a role that is up', async () => {
  const page = await visit(browser, `${server.url}/ops`);
  await page.getByRole('row', { name: /q-Ross/ }).waitFor();
  await page.locator('.status.up').first().waitFor();
  await page.locator('.spark canvas').first().waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who goes to another view by keyboard is at its heading', async () => {
  const page = await visit(browser, server.url);
  await live(page);
  for (const [name, heading] of [['Conversations', 'Conversations'], ['Operations', 'Operations'], ['Coffee House', 'Central Perk']]) {
    await page.getByRole('navigation').getByRole('link', { name }).focus();
    await page.keyboard.press('Enter');
    await until(`the focus at ${heading}`, () => page.evaluate(() => document.activeElement?.tagName === 'H1' && document.activeElement.textContent).then((text) => text === heading));
  }
  await page.goBack();
  await until('the focus after going back', () => page.evaluate(() => document.activeElement?.textContent === 'Operations'));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a filter that could not be asked recovers by itself', async () => {
  const page = await visit(browser, `${server.url}/conversations`);
  await page.locator('.list li').first().waitFor();
  await page.route('**/api/conversations?**', (route) => route.abort());
  await page.getByLabel('State').selectOption('CLOSED');
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await page.unroute('**/api/conversations?**');
  await page.locator('.list li').first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
  await page.context().close();
});
