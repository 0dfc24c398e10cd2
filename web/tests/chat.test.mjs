// A table for two: signing up, talking, coming back.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { card } from './card.mjs';
import { answered, guest as signUp, lines, PASSWORD, say, sitDown } from './guest.mjs';
import { openBrowser, Server, until } from './support.mjs';

let server;
let browser;
before(async () => {
  server = await Server.start(['companions']);
  browser = await openBrowser();
});
const guest = (options) => signUp(browser, server, options);
after(async () => {
  await browser?.close();
  await server?.end();
});

test('somebody signs up, talks, reloads, and finds the talk again', async () => {
  const page = await guest();
  assert.equal(await page.evaluate(() => document.cookie), '', 'the cookie is out of reach for scripts');
  await sitDown(page);
  await say(page, 'Good evening. <img src=x onerror=alert(1)>');
  await answered(page, 1);
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
  const before = await lines(page);
  assert.deepEqual(before[0], ['user', 'Good evening. <img src=x onerror=alert(1)>']);
  await page.reload();
  await until('the lines of before', async () => (await lines(page)).length === before.length);
  assert.deepEqual(await lines(page), before);
  await say(page, 'What are you building?');
  await answered(page, 2);
  await page.getByRole('link', { name: 'Back to all characters' }).click();
  await page.getByRole('complementary', { name: 'Your talks' }).getByRole('link', { name: /Tony Stark/ }).click();
  await until('the whole talk', async () => (await lines(page)).length === 4);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a server that is killed and comes back: what was typed meanwhile is said once, and answered', async () => {
  const page = await guest();
  await sitDown(page);
  await say(page, 'One.');
  await answered(page, 1);
  await server.kill();
  await page.getByText('trying again').waitFor();
  await say(page, 'Two, into the dark.');
  await page.locator('li.line.waiting').waitFor();
  await server.run();
  await answered(page, 2);
  const users = (await lines(page)).filter(([role]) => role === 'user').map(([, text]) => text);
  assert.deepEqual(users, ['One.', 'Two, into the dark.']);
  await page.reload();
  await until('the same after a reload', async () => (await lines(page)).length === 4);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('two tabs of one talk say the same', async () => {
  const page = await guest();
  await sitDown(page);
  await say(page, 'Here is one tab.');
  await answered(page, 1);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByText('Tony Stark is at the table').waitFor();
  await say(other, 'And here the other.');
  await answered(page, 2);
  await answered(other, 2);
  assert.deepEqual(await lines(page), await lines(other));
  await page.context().close();
});

test('a wrong password is told, a talk is deleted, and who signs out is out', async () => {
  const page = await guest();
  await sitDown(page);
  await say(page, 'Forget this.');
  await answered(page, 1);
  const talks = page.getByRole('complementary', { name: 'Your talks' });
  await talks.getByRole('button', { name: 'Delete the talk with Tony Stark' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await talks.getByText('None yet.').waitFor();
  await talks.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Username').fill(page.username);
  await page.getByLabel('Password').fill('not the one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: /^Good to see you/ }).waitFor();
  await talks.getByText('None yet.').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/** The colour in the middle of a picture on the page. */
const colourOf = (picture) =>
  picture.first().evaluate(async (image) => {
    await image.decode();
    const sheet = new OffscreenCanvas(1, 1).getContext('2d');
    sheet.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
    return sheet.getImageData(0, 0, 1, 1).data.slice(0, 3).join();
  });

test('a talk is given another title, all that is kept is saved, and the account goes with everything', async () => {
  const page = await guest();
  await sitDown(page);
  await say(page, 'What do you do about rust?');
  await answered(page, 1);
  const talks = page.getByRole('complementary', { name: 'Your talks' });
  await talks.getByRole('button', { name: 'Give the talk with Tony Stark another title' }).click();
  await page.getByLabel('What is it about?').fill('<b>Rust</b> & other enemies');
  await page.keyboard.press('Enter');
  await talks.getByText('<b>Rust</b> & other enemies').waitFor();
  await page.reload();
  await talks.getByText('<b>Rust</b> & other enemies').waitFor();
  await talks.getByRole('button', { name: 'Your account' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Save it all' }).click();
  const saved = await saving;
  assert.equal(saved.suggestedFilename(), 'parlor-export.json');
  const kept = JSON.stringify(JSON.parse(await readFile(await saved.path(), 'utf8')));
  assert.ok(kept.includes('What do you do about rust?') && kept.includes(page.username));
  await page.getByRole('button', { name: 'Delete your account' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByLabel('Username').fill(page.username);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('somebody makes a character from a card, talks with them, and deletes them', async () => {
  const page = await guest();
  const name = `Ada ${page.username}`;
  await page.getByRole('button', { name: 'Make a character' }).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByLabel('A character card (PNG or JSON)').setInputFiles({ name: 'ada.png', mimeType: 'image/png', buffer: card(name, [120, 160, 90]) });
  await sheet.getByText('Read from ada.png').waitFor();
  assert.equal(await sheet.getByLabel('Name', { exact: true }).inputValue(), name);
  await sheet.getByRole('button', { name: 'Make them' }).click();
  await sheet.waitFor({ state: 'detached' });
  await until('the newcomer in the cast', async () => {
    await page.getByRole('link', { name: new RegExp(`^${name}`) }).click();
    const came = await page.getByText(`${name} is at the table`).waitFor({ timeout: 3_000 }).then(() => true, () => false);
    if (!came) await page.goto(`${server.url}/chat`);
    return came;
  });
  await page.getByText('Yours is the green one.').waitFor();
  const painted = page.getByRole('link', { name: new RegExp(`^${name}`) }).locator('img');
  // The cast knows of it within a second or two.
  await until('the picture of the card', async () => {
    await page.goto(`${server.url}/chat`);
    await painted.first().waitFor();
    return (await colourOf(painted)) === '120,160,90';
  });
  await page.getByRole('link', { name: new RegExp(`^${name}`) }).click();
  await say(page, 'One.');
  await answered(page, 1);
  const stranger = await guest();
  assert.equal(await stranger.getByRole('link', { name: new RegExp(`^${name}`) }).count(), 0, 'private is private');
  await page.goto(`${server.url}/chat`);
  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: `Delete ${name}` }).waitFor({ state: 'detached' });
  assert.deepEqual([...page.faults, ...stranger.faults], []);
  await stranger.context().close();
  await page.context().close();
});
