// Somebody at the table for two, as the browser tests drive them.
import { until, visit } from './support.mjs';

export const PASSWORD = 'two wet umbrellas';
let people = 0;

/** A page on which somebody new has signed up. */
export async function guest(browser, server, options) {
  people += 1;
  const page = await visit(browser, `${server.url}/chat`, options);
  page.username = `guest${people}`;
  await page.getByRole('button', { name: 'I am new here' }).click();
  await page.getByLabel('Username').fill(page.username);
  await page.getByLabel('What they call you').fill(`Guest ${people}`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('heading', { level: 1, name: `Good to see you, Guest ${people}` }).waitFor();
  return page;
}

export async function sitDown(page, name = 'Tony Stark') {
  await page.getByRole('link', { name: new RegExp(`^${name}`) }).first().click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await page.getByText(`${name} is at the table`).waitFor();
}

export async function say(page, text) {
  await page.getByLabel(/^Say something to/).fill(text);
  await page.keyboard.press('Enter');
}

export const lines = (page) =>
  page.locator('li.line:not(.growing):not(.typing):not(.waiting)').evaluateAll((all) =>
    all.filter((line) => line.querySelector('.when')).map((line) => [line.classList.contains('ai') ? 'ai' : 'user', line.querySelector('.words').textContent]),
  );
const answers = async (page) => (await lines(page)).filter(([role]) => role === 'ai').length;
export const answered = (page, count) => until(`${count} answers`, async () => (await answers(page)) >= count);
