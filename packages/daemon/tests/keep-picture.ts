import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { openPage } from './page-world.js';

/** Of the brightness of all points, 0 to 1: times and ages on it change, without being another picture. */
const SAME_WITHIN = 0.02;

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
    ...{ colorScheme, viewport: { width: 1100, height: 1000 } },
  });
  await page.getByRole('row', { name: /^fw3/ }).waitFor();
  await page.getByText('92 bans').waitFor();
  const taken = await page.screenshot();
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
