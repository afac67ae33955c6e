import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { VallumError } from '@vallum/core';
import { readConfiguration } from './configuration.js';
import type { LogEntry } from './log.js';
import { reload } from './reload.js';

const FIRST = 'host: broker.invalid\ntopics: [blacklist]\nport: 1883\nlog-level: info\n';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vallumd-reload-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What is said of each of these files, one read after the other. */
async function reloadEach(
  texts: readonly string[],
  reconfigure: () => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const path = join(folder, 'vallumd.yaml');
  const argv = ['--config', path];
  await writeFile(path, FIRST);
  const first = await readConfiguration(argv, {});
  if (!first.ok) throw new Error(first.detail);
  const entries: LogEntry[] = [];
  let current = first as Parameters<typeof reload>[0]['current'];
  for (const text of texts) {
    await writeFile(path, text);
    const log = { write: (entry: LogEntry) => entries.push(entry) };
    current = await reload({ current, argv, env: {}, node: { reconfigure }, log });
  }
  return entries.map(({ level, message }) => `${level}: ${message}`);
}

const RESTART =
  'in effect only after a restart (systemctl restart vallumd); until then vallumd goes on with what ' +
  'it was started with';

describe('reload', () => {
  it('says that nothing has changed where nothing has', async () => {
    expect(await reloadEach([FIRST])).toEqual([
      'info: configuration reloaded: nothing in it has changed',
    ]);
  });

  it('names what is in effect now', async () => {
    const text = FIRST.replace('info', 'debug').replace('[blacklist]', '[blacklist, other]');
    expect(await reloadEach([text, text])).toEqual([
      'info: configuration reloaded, in effect now: topic, log-level',
      'info: configuration reloaded: nothing in it has changed',
    ]);
  });

  it('names what needs a restart, at every reload until there was one', async () => {
    const text = `${FIRST.replace('1883', '1884')}username: fw1\n`;
    const said = [
      'info: configuration reloaded: what changed in it (port, username) needs a restart; nothing else has changed',
      `warning: port, username: changed in the configuration, and ${RESTART}`,
    ];
    expect(await reloadEach([text, text, FIRST])).toEqual([
      ...said,
      ...said,
      'info: configuration reloaded: nothing in it has changed',
    ]);
  });

  it('tells both where some of it needs a restart', async () => {
    const text = FIRST.replace('1883', '1884').replace('info', 'debug');
    expect(await reloadEach([text])).toEqual([
      'info: configuration reloaded, in effect now: log-level',
      `warning: port: changed in the configuration, and ${RESTART}`,
    ]);
  });

  it('keeps the old one where the new one has a mistake, or cannot be put into effect', async () => {
    expect(await reloadEach(['host: [\n'])).toEqual([
      expect.stringMatching(
        /^error: the configuration was not reloaded, the old one stays in effect: .+ line 2/,
      ),
    ]);
    const refuse = () =>
      Promise.reject(new VallumError('no', { code: 'BACKEND_FAILED', operation: 'x' }));
    expect(await reloadEach([FIRST], refuse)).toEqual([
      'error: the configuration was not reloaded, the old one stays in effect: no',
    ]);
  });
});
