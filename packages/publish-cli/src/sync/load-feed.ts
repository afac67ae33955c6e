import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Result } from '@vallum/core';
import { quote, readConfig, type ConfigEntry } from '@vallum/options';
import { feedOptions } from './sync-options.js';

/** The options of one feed, from a file of its own. */
export interface Feed {
  readonly name: string;
  readonly path: string;
  readonly entries: readonly ConfigEntry[];
}

/** As systemd takes it for an instance, and as an origin and a file may be called. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Reads `feeds/NAME.yaml` beside the configuration file. */
export async function loadFeed(name: string, configPath: string): Promise<Result<Feed, string>> {
  if (!NAME.test(name)) {
    return bad(`--feed is ${quote(name)}; it has letters, digits or . _ - and names no path`);
  }
  const path = join(dirname(configPath), 'feeds', `${name}.yaml`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    return bad(`the file of the feed, ${quote(path)}, ${why}`);
  }
  const entries = readConfig(feedOptions, text, path, await import('yaml'));
  return entries.ok ? { ok: true, value: { name, path, entries: entries.value } } : entries;
}

function bad(detail: string): Result<never, 'bad-feed'> {
  return { ok: false, reason: 'bad-feed', detail };
}
