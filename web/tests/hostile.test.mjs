// What others wrote is only ever text.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { drawn, lines, live, openBrowser, picture, Server, SIZES, until, visit, worldFile } from './support.mjs';

const MARKUP = '<img src=x onerror="window.taken=1">';
const WORLD = `
[world]
name = "hostile"
title = ${JSON.stringify(`${MARKUP} <script>window.taken=1</script>`)}
about = ${JSON.stringify(`"><svg onload=window.taken=1> ${'long '.repeat(60)}`)}
pace = "0"

[mechanics.exchange_limit]
max = 6

[dialects.babble]
kind = "gibberish"

[[characters]]
name = ${JSON.stringify(MARKUP)}
persona = ${JSON.stringify(`</textarea><script>window.taken=1</script> [x](javascript:window.taken=1)`)}
likes = ["<b>bold</b>"]
dialect = "babble"

[[characters]]
name = "Pneumonoultramicroscopicsilicovolcanoconiosis-Bartholomew"
persona = "A name without a place to break it."
dialect = "babble"

[[characters]]
name = "\u202Eesrever \u0645\u0631\u062D\u0628\u0627"
persona = "Written from the right."
dialect = "babble"

[[topics]]
text = ${JSON.stringify(MARKUP)}
`;

let server;
let browser;
before(async () => {
  server = await Server.start([await worldFile('hostile', WORLD)]);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.end();
});

test('names, topics, personas and lines with markup show as such, in every view', async () => {
  const { conversationId } = await server.start({ message: `${MARKUP} ${'x'.repeat(900)}` }, 'hostile');
  for (const viewport of SIZES) {
    const page = await visit(browser, server.url, { viewport });
    await live(page);
    await lines(page).first().waitFor();
    assert.ok((await page.locator('h1').innerText()).includes(MARKUP));
    assert.ok((await page.locator('.words').allInnerTexts()).some((text) => text.includes(MARKUP)));
    await picture(page, `hostile-${viewport.width}`);
    await page.locator('.person').first().click();
    await page.getByRole('dialog').getByRole('heading', { name: 'Said and heard lately' }).waitFor();
    await picture(page, `hostile-sheet-${viewport.width}`);
    for (const [path, shows] of [
      ['/', 'li.line'],
      ['/conversations', '.list li'],
      [`/conversations/${conversationId}`, 'li.line'],
      [`/conversations?q=${encodeURIComponent(MARKUP)}`, '.found, .notice'],
      ['/ops', '.spark canvas'],
    ]) {
      await page.goto(server.url + path);
      await page.locator('h1').waitFor();
      await page.locator(shows).first().waitFor();
      await drawn(page);
      const found = await page.evaluate(() => ({
        taken: 'taken' in window,
        images: document.querySelectorAll('img[src="x"], script:not([src])').length,
        wide: document.documentElement.scrollWidth - innerWidth,
      }));
      assert.deepEqual(found, { taken: false, images: 0, wide: 0 }, `${path} at ${viewport.width}`);
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('an address that names markup is an address that is not there', async () => {
  const page = await visit(browser, `${server.url}/worlds/${encodeURIComponent(MARKUP)}`);
  await page.locator('.notice').waitFor();
  assert.equal(await page.evaluate(() => 'taken' in window), false);
  await until('a way back', () => page.getByRole('button').count());
  await page.context().close();
});
