// The Coffee House as a person meets it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { card } from './card.mjs';
import { lineIds, lines, live, openBrowser, picture, Server, SIZES, until, visit } from './support.mjs';

let server;
let browser;
before(async () => {
  server = await Server.start(['friends'], ['--pace', '250ms']);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.end();
});

test('a visitor sees the cast, starts a conversation and sees ten messages travel', async () => {
  const page = await visit(browser, server.url);
  await live(page);
  await page.getByRole('heading', { level: 1, name: 'Central Perk' }).waitFor();
  await until('the cast at the table', async () => (await page.locator('.seat').count()) === 4);

  await page.getByRole('button', { name: 'Start a conversation' }).first().click();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('group', { name: 'Who begins' }).getByText('Ross').click();
  await sheet.getByRole('group', { name: 'With whom' }).getByText('Rachel').click();
  await sheet.getByLabel('About what').fill('the last blueberry muffin');
  await sheet.getByRole('button', { name: 'Start', exact: true }).click();
  await sheet.waitFor({ state: 'detached' });

  await page.locator('.bubble.placed').first().waitFor();
  await until('a note on its way', () =>
    page.locator('.stage canvas.notes').evaluate((canvas) => {
      // It is drawn elsewhere; here one can only take a copy.
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    }),
  );
  await until('ten lines', async () => (await lines(page).count()) >= 10);
  const ids = await lineIds(page);
  assert.equal(new Set(ids).size, ids.length);
  await picture(page, 'house-talking');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who reloads in the middle sees what was said before and hears what comes', async () => {
  const page = await visit(browser, server.url);
  await live(page);
  await server.start({ from: 'ross', to: 'joey' });
  await until('three lines', async () => (await lines(page).count()) >= 3);
  const before = await lineIds(page);
  await page.reload();
  await live(page);
  await until('the lines of before', async () => {
    const now = new Set(await lineIds(page));
    return before.slice(-3).every((id) => now.has(id));
  });
  const count = await lines(page).count();
  await server.start({ from: 'rachel', to: 'chandler' });
  await until('new lines', async () => (await lines(page).count()) > count);
  await page.context().close();
});

test('a server that is killed and comes back is found again; nothing is missing and nothing twice', async () => {
  const page = await visit(browser, server.url);
  await live(page);
  const { conversationId } = await server.start({ from: 'ross', to: 'rachel' });
  await until('two lines', async () => (await lines(page).count()) >= 2);
  await server.kill();
  await page.locator('.mark.lost').waitFor();
  await picture(page, 'house-lost');
  await server.run();
  await live(page);
  await until('the end of the conversation', async () => {
    const { status } = await server.get(`/api/conversations/${conversationId}`);
    return status === 'CLOSED';
  });
  const { items } = await server.get(`/api/conversations/${conversationId}/messages?limit=200`);
  await until('every line of it', async () => {
    const shown = new Set(await lineIds(page));
    return items.every((message) => shown.has(`m-${message.id}`));
  });
  const ids = await lineIds(page);
  assert.equal(new Set(ids).size, ids.length);
  await page.context().close();
});

test('a transcript holds still for who scrolls up, counts what comes, and follows again', async () => {
  const page = await visit(browser, server.url);
  await live(page);
  for (let i = 0; i < 3; i += 1) await server.start();
  await until('enough to scroll', () =>
    page.locator('.scroll').evaluate((list) => list.scrollHeight > list.clientHeight + 400),
  );
  await page.locator('.scroll').evaluate((list) => list.scrollTo(0, 40));
  await page.locator('.fresh').waitFor();
  await server.start();
  await until('a count', async () => /\d+ new line/.test(await page.locator('.fresh').innerText()));
  assert.ok((await page.locator('.scroll').evaluate((list) => list.scrollTop)) < 100);
  await page.locator('.fresh').click();
  await until('the end', () =>
    page.locator('.scroll').evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop < 60),
  );
  await page.context().close();
});

test('a world is paused and goes on, and every page sees it', async () => {
  const [one, other] = await Promise.all([visit(browser, server.url), visit(browser, server.url)]);
  await Promise.all([live(one), live(other)]);
  await one.getByRole('button', { name: 'Pause', exact: true }).click();
  await other.getByRole('button', { name: 'Resume' }).waitFor();
  await other.getByText('Paused', { exact: true }).waitFor();
  await other.getByRole('button', { name: 'Resume' }).click();
  await one.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  await Promise.all([one.context().close(), other.context().close()]);
});

test('a character has a sheet and a message an envelope, by keyboard alone', async () => {
  const page = await visit(browser, server.url);
  await live(page);
  await server.start();
  await lines(page).first().waitFor();
  const person = page.locator('.person').first();
  const name = await person.locator('.name').innerText();
  await person.focus();
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name });
  await sheet.getByRole('heading', { name: 'Said and heard lately' }).waitFor();
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  await lines(page).last().getByRole('button').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('What went over the bus').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('one eavesdrops on a conversation as it goes on', async () => {
  const page = await visit(browser, server.url);
  await live(page);
  const { conversationId } = await server.start({ from: 'joey', to: 'chandler' });
  await page.locator(`.tables a[href="/conversations/${conversationId}"]`).click();
  await page.waitForURL(`**/conversations/${conversationId}`);
  await page.locator('li.line').first().waitFor();
  const before = await page.locator('li.line').count();
  await until('more lines', async () => (await page.locator('li.line').count()) > before);
  await picture(page, 'eavesdrop');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who wants no movement gets none, and misses nothing', async () => {
  const page = await visit(browser, server.url, { reducedMotion: 'reduce' });
  await live(page);
  const count = await lines(page).count();
  await server.start();
  await until('a line', async () => (await lines(page).count()) > count);
  const moving = await page.evaluate(() =>
    document.getAnimations().filter((animation) => animation.effect.getTiming().duration > 1).length,
  );
  assert.equal(moving, 0);
  await page.context().close();
});

test('the first view keeps its budget: JavaScript, layout shift', async () => {
  const context = await browser.newContext({ viewport: SIZES[1] });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(server.url);
  await live(page);
  await page.locator('.face img').first().waitFor();
  const found = await page.evaluate(() => ({
    scripts: performance
      .getEntriesByType('resource')
      .filter((entry) => entry.name.endsWith('.js'))
      .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
    elsewhere: performance.getEntriesByType('resource').filter((entry) => !entry.name.startsWith(location.origin)).length,
    shifts: window.shifts,
  }));
  assert.ok(found.scripts > 10_000 && found.scripts < 150_000, `${found.scripts} bytes of JavaScript`);
  assert.ok(found.shifts < 0.05, `layout shift ${found.shifts}`);
  assert.equal(found.elsewhere, 0);
  await context.close();
});

test('somebody who comes in with a card sits down at the open page, with the picture of the card', async () => {
  const page = await visit(browser, server.url);
  await live(page);
  const colour = [20, 90, 200];
  const answer = await fetch(`${server.url}/api/characters/import?world=friends`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: card('Marla Quince', colour),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  await until('her first conversation', () => server.start({ from: 'marla-quince', to: 'ross' }).then(() => true, () => false));
  const seat = page.locator('.seat', { hasText: 'Marla Quince' });
  await seat.locator('.person').waitFor();
  await until('the picture of her card', () =>
    seat.locator('img').evaluate((image, [r, g, b]) => {
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const [red, green, blue] = context.getImageData(image.naturalWidth / 2, image.naturalHeight / 2, 1, 1).data;
      return red === r && green === g && blue === b;
    }, colour),
  );
  await picture(page, 'house-newcomer');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
