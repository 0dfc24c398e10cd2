// The table for two in every size and light: readable, reachable, and nothing that sticks out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answered, guest, say, sitDown } from './guest.mjs';
import { drawn, faultsOf, openBrowser, SCHEMES, Server, SIZES, visit } from './support.mjs';

let server;
let browser;
before(async () => {
  server = await Server.start(['companions']);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.end();
});

/** Looks at the page as it stands, in every size. */
async function looks(page, name, scheme) {
  const problems = [];
  for (const size of SIZES) {
    await page.setViewportSize(size);
    problems.push(...(await faultsOf(page, `${name}-${scheme}-${size.width}`)));
  }
  return problems;
}

for (const scheme of SCHEMES) {
  test(`the table by ${scheme}: no violation of accessibility, nothing sticks out`, async () => {
    const options = { colorScheme: scheme, reducedMotion: 'reduce' };
    const visitor = await visit(browser, `${server.url}/chat`, options);
    await visitor.getByRole('button', { name: 'Sign in' }).waitFor();
    const problems = await looks(visitor, 'sign-in', scheme);
    await visitor.context().close();
    const page = await guest(browser, server, options);
    await drawn(page);
    problems.push(...(await looks(page, 'gallery', scheme)));
    await page.getByRole('button', { name: 'Make a character' }).click();
    await page.getByRole('dialog').waitFor();
    problems.push(...(await looks(page, 'make', scheme)));
    await page.keyboard.press('Escape');
    await sitDown(page);
    await say(page, 'Good evening. Is the armour always this loud, or only when there are guests in the house?');
    await answered(page, 1);
    await drawn(page);
    problems.push(...(await looks(page, 'talk', scheme)), ...page.faults);
    assert.deepEqual(problems, []);
    await page.context().close();
  });
}
