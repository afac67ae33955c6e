import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core';
import { createVallum, type Vallum } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';
import { createMemoryBackend } from '@vallum/core/testing';
import { waitFor, freePort, temporaryFolder, type RunningProcess } from '@vallum/test-kit';
import { startVallumd } from './start-vallumd.js';

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** A running node with its page, and others of its fleet. */
export interface PageWorld {
  readonly url: string;
  /** Of the node's own broker. */
  readonly mqttPort: number;
  readonly vallumd: RunningProcess;
  /** Puts a configuration file into effect, beside what the command line says. */
  configure(text: string): void;
  /** Another node, at the broker of the first. */
  join(node: string): Promise<RunningProcess>;
  /** What says to be a node, and may say anything. */
  pretend(node: string, said: Readonly<Record<string, unknown>>): Promise<Vallum>;
  close(): Promise<void>;
}

export async function startPageWorld(): Promise<PageWorld> {
  const mqttPort = await freePort();
  const port = mqttPort.toString();
  const httpPort = (await freePort()).toString();
  const common = ['--backend', 'memory', '-t', 'blacklist', '-t', 'mail', '--protect', '192.0.2.1'];
  const config = join(temporaryFolder(), 'vallumd.yaml');
  writeFileSync(config, '');
  const vallumd = await startVallumd([
    ...['--config', config, '--listen', port, '--node', 'fw1', '--http', httpPort, ...common],
    ...['--create', '--create-maxelem', '2000', '--log-entries', 'all'],
  ]);
  await vallumd.waitForOutput(/listening to mail\/#/);
  await vallumd.waitForOutput(/HTTP is answered on/);
  const url = `http://127.0.0.1:${httpPort}`;
  const pretending: Vallum[] = [];
  return {
    ...{ url, mqttPort, vallumd },
    configure(text) {
      writeFileSync(config, text);
      vallumd.signal('SIGHUP');
    },
    async join(node) {
      const other = await startVallumd([
        ...['-h', '127.0.0.1', '-p', port, '--node', node, ...common],
      ]);
      await other.waitForOutput(/listening to mail\/#/);
      return other;
    },
    async pretend(node, said) {
      const transport = createMqttTransport({ host: '127.0.0.1', port: mqttPort, clientId: node });
      const vallum = await createVallum({
        ...{ topics: ['blacklist'], backend: createMemoryBackend(), transport },
        answers: { node, describe: () => said },
      });
      pretending.push(vallum);
      return vallum;
    },
    async close() {
      await Promise.all(pretending.map((pretended) => pretended.close()));
      await vallumd.kill();
    },
  };
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
    ],
  });
}

/** A page that is looked at, with all that it should not have done. */
export interface Watched {
  readonly page: Page;
  /** Requests to elsewhere, errors, violations of the policy, dialogs. */
  complaints(): Promise<readonly string[]>;
  /** What axe finds, a line a fault. */
  axe(): Promise<readonly string[]>;
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const heard: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) heard.push(`asks ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') heard.push(message.text());
  });
  page.on('pageerror', (error) => heard.push(error.message));
  page.on('dialog', (dialog) => {
    heard.push(`says ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(`
    globalThis.broken = [];
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      broken.push(violatedDirective + ': ' + blockedURI);
    });
  `);
  await page.goto(url + '/');
  return {
    page,
    async complaints() {
      const broken = await page.evaluate<string[]>('broken');
      return [...heard, ...broken];
    },
    async axe() {
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate<AxeReport>('axe.run()');
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
      );
    },
  };
}

/** The fleet is asked every 15 s only, and a node may have come a moment too late for the last time. */
export async function reloadUntil(page: Page, row: Locator): Promise<void> {
  await waitFor(
    async () => {
      await page.reload();
      await row.waitFor({ timeout: 2_500 });
      return true;
    },
    { timeoutMs: 20_000, what: row.toString() },
  );
}

interface AxeReport {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly {
      readonly target: readonly string[];
      readonly failureSummary: string;
    }[];
  }[];
}
