import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { openPage, reloadUntil } from './page-world.js';

/** Of the brightness of all points, 0 to 1: times and ages on it change, without being another picture. */
const SAME_WITHIN = 0.01;
/** Room for the header in one line, however long it is up. */
const WIDTH = 1160;
/** Below the last panel: almost as much as there is between panels. */
const MARGIN = 15;

/** Takes the picture of the page that the documentation shows, and keeps it where it is another one. */
export async function keepPicture(
  browser: Browser,
  url: string,
  colorScheme: 'light' | 'dark',
): Promise<void> {
  const path = fileURLToPath(
    new URL(`../../../docs/images/page-${colorScheme}.png`, import.meta.url),
  );
  const { page } = await openPage(browser, url, {
    ...{ colorScheme, viewport: { width: WIDTH, height: 1280 } },
  });
  // An hour is longer than a test: the bars are an example, all else is what vallumd says.
  const example = exampleHour();
  const bans = example.bans.reduce((sum, count) => sum + count, 0);
  await page.route('**/api/history?*', (route) => route.fulfill({ json: example }));
  await page.getByRole('button', { name: '10 minutes' }).click();
  await page.getByRole('button', { name: 'hour' }).click();
  await reloadUntil(page, page.getByRole('row', { name: /^fw2 in step/ }));
  await reloadUntil(page, page.getByRole('row', { name: /^fw3/ }));
  await page.getByText(`${bans.toString()} bans`).waitFor();
  await page.getByRole('heading', { name: 'fw1' }).click();
  // Down to the end of the timeline: what comes below is seen on the page itself.
  const { y = 0, height = 0 } = (await page.locator('#timeline').boundingBox()) ?? {};
  const end = { width: WIDTH, height: Math.floor(y + height + MARGIN) };
  const taken = await page.screenshot({ clip: { x: 0, y: 0, ...end } });
  if (existsSync(path)) {
    const kept = readFileSync(path);
    const blank = await (await browser.newContext()).newPage();
    const pictures = JSON.stringify([taken, kept].map((png) => png.toString('base64')));
    const difference = await blank.evaluate<number>(`(${COMPARE})(${pictures})`);
    if (difference < SAME_WITHIN) return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, taken);
}

/** The same counts at any time. */
function exampleHour() {
  const from = 60 * (Math.floor(Date.now() / 60_000) - 59);
  const count = (most: number, turn: number) =>
    Array.from({ length: 60 }, (_, at) =>
      Math.max(0, Math.round(most * Math.sin(at / 7 + turn) ** 2 * Math.sin(at * turn) ** 2)),
    );
  return {
    from,
    step: 60,
    bans: count(24, 2.1),
    unbans: count(9, 1.3),
    refusals: count(4, 0.7),
    drops: count(900, 1.7),
  };
}

/** Runs in the browser, whose words this program's types do not know: the mean difference, 1 where sizes differ. */
const COMPARE = `async (pictures) => {
  const [one, other] = await Promise.all(pictures.map(async (base64) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + base64;
    await image.decode();
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, width, height).data;
  }));
  if (one.length !== other.length) return 1;
  return one.reduce((sum, value, at) => sum + Math.abs(value - other[at]), 0) / one.length / 255;
}`;
