import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EntryBatch } from '../message/entry-batch.js';
import { BAN, NEVER } from '../message/entry-columns.js';
import type { SetName } from '../words/names.js';
import { openFileStore } from './file-store.js';

const set = 'blacklist' as SetName;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vallum-store-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the journal on disk', () => {
  it('gives back what was appended', async () => {
    const batch = new EntryBatch('ipv4');
    const terms = { action: BAN, flags: 0, origin: 'web1', until: NEVER, message: 0, place: 0 };
    for (let n = 0; n < 5000; n++) {
      batch.pushIpv4(n, 32, {
        ...terms,
        stamp: n + 0.5,
        reason: n % 7 === 0 ? `r${String(n)}` : '',
      });
    }
    const store = await openFileStore(folder);
    store.append(set, batch);
    await store.close();
    const again = await openFileStore(folder);
    const seen: string[] = [];
    const summary = await again.load({
      entries(name, columns) {
        for (let row = 0; row < columns.length; row++) {
          const reason = columns.reasonTexts[columns.reasons[row] ?? 0] ?? '';
          seen.push(
            `${name} ${String(columns.words[row])} ${String(columns.stamps[row])} ${reason}`,
          );
        }
      },
      cleared: () => undefined,
      foreign: () => undefined,
    });
    await again.close();
    expect(summary).toMatchObject({ records: 5000, appended: 5000, damage: undefined });
    expect(seen).toHaveLength(5000);
    expect(seen[4998]).toBe('blacklist 4998 4998.5 r4998');
    expect(seen[4999]).toBe('blacklist 4999 4999.5 ');
  });
});
