// The map of a world whose characters travel.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { drawn, faultsOf, live, openBrowser, SCHEMES, Server, SIZES, until, visit } from './support.mjs';

let server;
let browser;
const path = '/worlds/hogwarts/map';
before(async () => {
  server = await Server.start(['hogwarts'], ['--pace', '300ms']);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.end();
});

const places = () => server.get('/api/worlds/hogwarts/places');
/** Names of those who are drawn, each as often as they are. */
const shown = (page) => page.locator('.here button').evaluateAll((all) => all.map((one) => one.title.split(',')[0]));

test('a visitor lets everybody set out, and sees them walk, what happens, and where they have been', async () => {
  const page = await visit(browser, server.url + path);
  await live(page);
  const { items } = await places();
  await until('the places', async () => (await page.locator('.places .place').count()) === items.length);
  await page.getByRole('button', { name: /Set out|Begin anew/ }).click();
  await page.locator('.walker').first().waitFor();
  await until('three scenes', async () => (await page.locator('li.scene').count()) >= 3);
  const who = await page.locator('li.scene .faces button').first().getAttribute('title');
  await page.locator('li.scene .faces button').first().focus();
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: who });
  await sheet.locator('.stop').nth(1).waitFor();
  assert.equal(await sheet.locator('.stop').first().locator('.place').count(), 1);
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('nobody is drawn twice, and once all stand still each is where the server says', async () => {
  const page = await visit(browser, server.url + path, { viewport: SIZES[2] });
  await live(page);
  for (let look = 0; look < 10; look += 1) {
    const names = await shown(page);
    assert.equal(new Set(names).size, names.length);
  }
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  await until('everybody in their places', async () => {
    const { items } = await places();
    const drawnAt = await page.locator('.places .place').evaluateAll((all) =>
      all.map((place) => [place.querySelector('h2').textContent, [...place.querySelectorAll('.here button')].map((one) => one.title.split(',')[0]).sort()]),
    );
    return items.every(({ place, characters }) => {
      const here = drawnAt.find(([name]) => name === place)?.[1] ?? [];
      return here.every((name) => characters.includes(name)) && (here.length === characters.length || characters.length > 10);
    });
  });
  await page.getByRole('button', { name: 'Resume' }).click();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who wants no movement sees everybody at once where they are', async () => {
  const page = await visit(browser, server.url + path, { reducedMotion: 'reduce' });
  await live(page);
  await until('two scenes', async () => (await page.locator('li.scene').count()) >= 2);
  assert.equal(await page.locator('.walker').count(), 0);
  await page.context().close();
});

test('a world without places says so, and one that is not there too', async () => {
  const page = await visit(browser, `${server.url}/worlds/nowhere/map`);
  await page.getByRole('heading', { level: 1, name: 'There is no map' }).waitFor();
  await page.context().close();
});

for (const scheme of SCHEMES) {
  for (const size of SIZES) {
    test(`the map by ${scheme} at ${size.width} px: no violation of accessibility, nothing sticks out`, async () => {
      const page = await visit(browser, server.url + path, { viewport: size, colorScheme: scheme, reducedMotion: 'reduce' });
      await live(page);
      await page.locator('li.scene').first().waitFor();
      await drawn(page);
      const problems = await faultsOf(page, `map-${scheme}-${size.width}`);
      await page.locator('.here button').first().click();
      await page.getByRole('dialog').locator('.stop, p.soft').first().waitFor();
      await drawn(page);
      problems.push(...(await faultsOf(page, `journey-${scheme}-${size.width}`)), ...page.faults);
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  }
}
