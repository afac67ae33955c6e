import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { suiteNeeding, testNeeding } from '@vallum/test-kit';
import { ADD, NO_TIMEOUT, type Backend } from '../../src/backend/backend.js';
import { createNftablesBackend } from '../../src/backend/nftables-netlink/nftables-backend.js';
import { add, del } from '../../src/testing/contract-case.js';
import type { SetName } from '../../src/words/names.js';

const set = 'blacklist' as SetName;
const other = 'other' as SetName;
const nft = (...args: string[]): string => execFileSync('nft', args, { encoding: 'utf8' });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

suiteNeeding(['nft'], 'watching sets of nftables', () => {
  let backend: Backend;
  let told: string[];
  let stop: () => void;
  beforeEach(async () => {
    // Without rules, so that the sets can be deleted.
    backend = await createNftablesBackend({ chain: false });
    await backend.create({ set, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 });
    await backend.create({ set: other, type: 'hash:ip', family: 'ipv4' });
    told = [];
    stop = backend.watch?.((changed) => told.push(changed)) ?? (() => undefined);
  });
  afterEach(async () => {
    stop();
    await backend.close();
    nft('flush', 'ruleset');
  });

  /** What is told of a change, once it was. */
  async function toldOf(change: () => unknown): Promise<string[]> {
    await sleep(200);
    told.length = 0;
    await change();
    await sleep(1000);
    return [...told].sort();
  }
  const element = (verb: string, name: string, text: string) => () =>
    nft(verb, 'element', 'inet', 'filter', name, `{ ${text} }`);

  it('tells elements that somebody else adds and deletes, also of the set for prefixes', async () => {
    expect(await toldOf(element('add', 'blacklist', '192.0.2.1'))).toEqual([set]);
    expect(await toldOf(element('delete', 'blacklist', '192.0.2.1'))).toEqual([set]);
    expect(await toldOf(element('add', 'blacklist-net', '198.51.100.0/24'))).toEqual([set]);
    expect(await toldOf(element('add', 'other', '192.0.2.1'))).toEqual([other]);
  });

  it('tells that a set was flushed, deleted and made again, and that its table has gone', async () => {
    await backend.apply([add(set, '192.0.2.1'), add(set, '198.51.100.0/24')]);
    expect(await toldOf(() => nft('flush', 'set', 'inet', 'filter', 'blacklist'))).toEqual([set]);
    expect(await toldOf(() => nft('delete', 'set', 'inet', 'filter', 'other'))).toEqual([other]);
    const again = (): string => nft('add', 'set', 'inet', 'filter', 'other', '{ type ipv4_addr; }');
    expect(await toldOf(again)).toEqual([other]);
    expect(await toldOf(() => nft('flush', 'ruleset'))).toEqual([set, other]);
  });

  it('does not tell what it has changed itself, however much', async () => {
    const length = 50_000;
    const words = Uint32Array.from({ length }, (_, index) => 0x0a000000 + index);
    const columns = {
      set,
      family: 'ipv4' as const,
      length,
      words,
      prefixLengths: new Uint8Array(length).fill(32),
      ops: new Uint8Array(length).fill(ADD),
      timeoutSeconds: new Uint32Array(length).fill(NO_TIMEOUT),
    };
    const own = async (): Promise<void> => {
      await backend.applyColumns?.(columns);
      await backend.apply([
        add(set, '203.0.113.0/24'),
        del(set, '10.0.0.1'),
        add(set, '192.0.2.9'),
      ]);
    };
    expect(await toldOf(own)).toEqual([]);
  });

  testNeeding(
    ['nft-in-bulk'],
    'tells every set that was asked about where it could not hear all',
    async () => {
      // 300,000 elements in one transaction are more than a socket's buffer holds.
      const elements = Array.from({ length: 300_000 }, (_, index) => {
        return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
      });
      const script = `add element inet filter blacklist { ${elements.join(', ')} }\n`;
      const much = (): unknown => execFileSync('nft', ['-f', '-'], { input: script });
      expect(await toldOf(much)).toEqual([set, other]);
    },
  );

  it('tells nothing of other tables', async () => {
    nft('add', 'table', 'ip', 'filter');
    nft('add', 'set', 'ip', 'filter', 'blacklist', '{ type ipv4_addr; }');
    const foreign = (): string =>
      nft('add', 'element', 'ip', 'filter', 'blacklist', '{ 192.0.2.1 }');
    expect(await toldOf(foreign)).toEqual([]);
  });

  it('tells nothing once it has been ended', async () => {
    stop();
    expect(await toldOf(element('add', 'blacklist', '192.0.2.1'))).toEqual([]);
  });
});
