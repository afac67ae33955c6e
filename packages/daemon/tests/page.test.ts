import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { suiteNeeding } from '@vallum/test-kit';
import {
  openPage,
  reloadUntil,
  startBrowser,
  startPageWorld,
  type PageWorld,
} from './page-world.js';
import { keepPicture } from './keep-picture.js';
import { publish } from './start-vallumd.js';

const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>';
const HOSTILE = `${MARKUP}\u202Egnihsif\u0007`;

suiteNeeding(['chromium', 'mosquitto-clients'], 'the page', () => {
  let world: PageWorld;
  let browser: Browser;
  let until: number;

  const ban = (address: string, more: Record<string, unknown> = {}, topic = 'blacklist/add') =>
    publish(world.mqttPort, topic, JSON.stringify({ address, ...more }));

  beforeAll(async () => {
    [world, browser] = await Promise.all([startPageWorld(), startBrowser()]);
    until = Math.floor(Date.now() / 1000) + 7_205;
    const origins = ['web1.sshd', 'web2.sshd', 'mail.postfix', 'honeypot'];
    const entries = Array.from({ length: 90 }, (_, at) => ({
      ...{ address: `203.0.113.${(at + 1).toString()}`, until, reason: 'too many failures' },
      origin: origins[at % (1 + (at % 4))],
    }));
    await publish(world.mqttPort, 'blacklist/add', JSON.stringify(entries));
    await ban('198.51.100.0/24', { origin: 'honeypot', until, reason: 'a whole network' });
    await ban('192.0.2.1', { origin: 'web1.sshd' });
    await publish(world.mqttPort, 'blacklist/del', '203.0.113.90');
    await ban('203.0.113.200', { origin: 'mail.postfix', until }, 'mail/add');
    await world.vallumd.waitForOutput(/banned 203\.0\.113\.200/);
  });

  // A page that is left open goes on asking.
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  it('shows sets, what happened, who banned most, and asks nobody else', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    await page.getByRole('heading', { name: 'fw1' }).waitFor();
    expect(await page.title()).toBe('fw1 – Vallum');
    const sets = page.getByRole('group', { name: 'Sets and how full they are' });
    await sets.getByRole('row', { name: /^blacklist ready 90 / }).waitFor();
    await page.getByText('92 bans').waitFor();
    await page.getByText('1 unban', { exact: true }).waitFor();
    await page.getByText('1 refusal').waitFor();
    const origins = page.getByRole('group', { name: 'Origins with most bans' });
    await origins.getByRole('row', { name: /^web1\.sshd \d+$/ }).waitFor();
    const networks = page.getByRole('group', { name: 'Networks with most bans' });
    await networks.getByRole('row', { name: '203.0.113.0/24 90' }).waitFor();
    expect(await complaints()).toEqual([]);
  });

  it('is as the pictures in the documentation show it', async () => {
    const others = await Promise.all([
      world.join('fw2'),
      world.pretend('fw3', {
        ...{ version: '0.3.0', backend: 'nftables', startedAt: until - 700_000 },
        sets: [
          {
            ...{ set: 'blacklist', state: 'ready', bans: 61, addresses: 61, digest: '0' },
            ...{ pending: 0, refused: 0 },
          },
        ],
      }),
    ]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await keepPicture(browser, world.url, colorScheme);
    }
    await others[0].kill();
    await others[1].close();
  });

  it('shows a ban as it happens, and tells a screen reader once for many', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    const latest = page.getByRole('group', { name: 'The latest events' });
    await latest.getByRole('row', { name: /203\.0\.113\.200/ }).waitFor();
    await ban('192.0.2.77', { origin: 'web9', reason: 'just now' });
    const row = latest.getByRole('row', { name: /banned 192\.0\.2\.77 blacklist web9 just now/ });
    await row.waitFor();
    await page.getByText('1 new ban, the latest 192.0.2.77').waitFor({ state: 'attached' });

    await page.getByRole('button', { name: 'Hold' }).click();
    await ban('192.0.2.78', { origin: 'web9', reason: 'while it is held' });
    await page.getByText('94 bans').waitFor();
    expect(await latest.getByText('192.0.2.78').count()).toBe(0);
    await page.getByRole('button', { name: 'Hold' }).click();
    await latest.getByText('192.0.2.78').waitFor();

    await page.getByRole('combobox', { name: /^Show/ }).selectOption('refusals');
    await latest.getByRole('row', { name: /refused 192\.0\.2\.1 / }).waitFor();
    expect(await latest.getByText('192.0.2.78').count()).toBe(0);
    expect(await complaints()).toEqual([]);
  });

  it('tells a screen reader of the first ban of a node that has seen none', async () => {
    const fresh = await startPageWorld();
    try {
      const { page } = await openPage(browser, fresh.url);
      await page.getByText('live', { exact: true }).waitFor();
      await page.getByRole('heading', { name: 'fw1' }).waitFor();
      await publish(fresh.mqttPort, 'blacklist/add', '192.0.2.77');
      await page.getByText('1 new ban, the latest 192.0.2.77').waitFor({ state: 'attached' });
    } finally {
      await fresh.close();
    }
  });

  it('says why, by the keyboard alone', async () => {
    const { page, complaints } = await openPage(browser, world.url);
    await page.getByRole('heading', { name: 'fw1' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('203.0.113.7');
    await page.keyboard.press('Enter');
    await page.getByText('203.0.113.7 is in a set of this node.').waitFor();
    const leases = page.getByRole('group', { name: 'Leases and withdrawals' });
    await leases
      .getByRole('row', { name: /in 1 h too many failures holds it in the set/ })
      .waitFor();

    await page.getByLabel('Address or prefix').fill('198.51.100.9');
    await page.keyboard.press('Enter');
    await leases.getByRole('row', { name: /198\.51\.100\.0\/24 ban honeypot/ }).waitFor();
    await page.getByLabel('Address or prefix').fill('192.0.2.1');
    await page.keyboard.press('Enter');
    await page.getByText(/It cannot be banned here: 192\.0\.2\.1 is protected/).waitFor();
    await page.goBack();
    await leases.getByRole('row', { name: /198\.51\.100\.0\/24 ban honeypot/ }).waitFor();
    expect(await complaints()).toEqual([]);

    await page.getByLabel('Address or prefix').fill('localhost"><b>');
    await page.keyboard.press('Enter');
    await page.locator('#search-verdict .bad-text').waitFor();
    expect(await page.locator('#search-verdict b').count()).toBe(0);
  });

  it('leads from an address to all that is known of it', async () => {
    const { page } = await openPage(browser, world.url);
    await page.getByRole('link', { name: '203.0.113.200' }).click();
    await page.getByText('203.0.113.200 is in a set of this node.').waitFor();
    expect(page.url()).toBe(`${world.url}/#why/203.0.113.200`);
  });

  it('shows foreign text as text, whatever is in it', async () => {
    await ban('192.0.2.66', { origin: 'evil', reason: MARKUP, until });
    await publish(world.mqttPort, 'blacklist/add', `${HOSTILE} is no address`);
    const { page, complaints } = await openPage(browser, world.url);
    const latest = page.getByRole('group', { name: 'The latest events' });
    await latest.getByRole('row', { name: /192\.0\.2\.66/ }).waitFor();
    await latest.getByText('rejected', { exact: true }).first().waitFor();
    await page.getByRole('link', { name: '192.0.2.66' }).first().click();
    const leases = page.getByRole('group', { name: 'Leases and withdrawals' });
    await leases.getByText('<img src=x onerror=alert(1)>').waitFor();
    const text = await page.evaluate<string>('document.body.textContent');
    expect(text).toContain('\\u{202e}gnihsif');
    expect(['\u202E', '\u0007'].filter((hidden) => text.includes(hidden))).toEqual([]);
    expect(await page.locator('img, b, body script').count()).toBe(0);
    expect(await complaints()).toEqual([]);
  });

  it('shows who is in step and who is not', async () => {
    const other = await world.join('fw2');
    const behind = await world.pretend('fw3', {
      ...{ version: HOSTILE, backend: '<b>', startedAt: until - 100_000 },
      sets: [
        {
          set: 'blacklist',
          state: 'ready',
          bans: 12,
          pending: 3,
          refused: 0,
          digest: '0'.repeat(16),
        },
        { set: HOSTILE, state: 'missing', bans: 'many' },
      ],
    });
    const silent = await world.pretend('fw4', {
      sets: [{ set: 'blacklist', state: 'ready', bans: 12 }],
    });
    const { page, complaints } = await openPage(browser, world.url);
    const fleet = page.getByRole('group', { name: 'Nodes of the fleet' });
    const row = (name: RegExp) => fleet.getByRole('row', { name });
    await reloadUntil(page, row(/^fw2 in step/));
    await reloadUntil(page, row(/^fw3 cannot use <img src=x .*, differs in blacklist 12 3 /));
    await reloadUntil(page, row(/^fw4 not known 12 /));
    await row(/^fw1 this node in step/).waitFor();
    expect(await page.locator('img, b').count()).toBe(0);
    expect(await complaints()).toEqual([]);
    await Promise.all([other.kill(), behind.close(), silent.close()]);
    const late = await world.pretend('fw5', {
      sets: [{ set: 'blacklist', state: 'ready', digest: '0'.repeat(16), addresses: 0 }],
      needs: { critical: 1, warning: 1 },
    });
    await reloadUntil(page, row(/^fw5 behind by \d+ in blacklist, 2 need a hand .* ms now /));
    // This broker does not tell for how long it has had a status.
    await row(/^fw2 stopped for at least \d+ \S+ – – – – (\d+ \S+ ago|just now) /).waitFor();
    await row(/^fw3 unknown – /).waitFor();
    await late.close();
  });

  it.each(['light', 'dark'] as const)('has no fault that axe finds, %s', async (colorScheme) => {
    const { page, axe } = await openPage(browser, world.url, { colorScheme });
    await page.getByRole('row', { name: /^fw1/ }).waitFor();
    await page.getByRole('link', { name: '203.0.113.200' }).click();
    await page.getByText('203.0.113.200 is in a set of this node.').waitFor();
    expect(await axe()).toEqual([]);
  });

  it('keeps the colours that were chosen', async () => {
    const { page } = await openPage(browser, world.url, { colorScheme: 'light' });
    const back = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await back();
    await page.getByLabel('Colours').selectOption('dark');
    const dark = await back();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByLabel('Colours').waitFor();
    expect(await back()).toBe(dark);
  });

  it('fits a phone of 360 pixels', async () => {
    const { page, axe } = await openPage(browser, world.url, {
      viewport: { width: 360, height: 740 },
    });
    await page.getByRole('row', { name: /^fw1/ }).waitFor();
    await page.getByRole('link', { name: '203.0.113.200' }).click();
    await page.getByRole('group', { name: 'Leases and withdrawals' }).waitFor();
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    expect(await axe()).toEqual([]);
  });

  it('shows what a policy holds back', async () => {
    const { page } = await openPage(browser, world.url);
    const latest = page.getByRole('group', { name: 'The latest events' });
    await page.getByText('live', { exact: true }).waitFor();
    world.configure('sets: {mail: {quorum: 2}}');
    await world.vallumd.waitForOutput(/configuration reloaded, in effect now: sets/);
    await ban('192.0.2.79', { origin: 'web9' }, 'mail/add');
    await latest.getByRole('row', { name: /held-back 192\.0\.2\.79 / }).waitFor();
  });

  it('says so when vallumd is gone', async () => {
    const { page } = await openPage(browser, world.url);
    await page.getByText('live', { exact: true }).waitFor();
    await world.vallumd.kill();
    await page.getByText('not connected to vallumd').waitFor();
    await page
      .getByText(/vallumd does not answer/)
      .first()
      .waitFor({ timeout: 15_000 });
  });
});
