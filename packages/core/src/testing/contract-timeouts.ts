import assert from 'node:assert/strict';
import { MAX_TIMEOUT_SECONDS, type Backend } from '../backend/backend.js';
import type { SetName } from '../words/names.js';
import { add, texts, verdicts, type CaseDefinition } from './contract-case.js';
import { listMembers } from '../backend/list-members.js';

async function timeoutOf(backend: Backend, set: SetName, text: string): Promise<number> {
  const member = (await listMembers(backend, set)).find(({ address }) => address.text === text);
  assert.ok(member !== undefined, `${text} is missing`);
  return member.timeoutSeconds ?? 0;
}

/** Allows for the seconds that pass while the test runs. */
function assertAbout(actual: number, expected: number): void {
  assert.ok(actual <= expected && actual > expected - 30, `${actual} is not about ${expected}`);
}

/** Demands on entries that end by themselves. */
export const timeoutCases: readonly CaseDefinition[] = [
  {
    title: 'keeps the timeout of each entry',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ defaultTimeoutSeconds: 5000 });
      const reports = await backend.apply([
        add(set, '192.0.2.1', 600),
        add(set, '192.0.2.2'),
        add(set, '192.0.2.3', 0),
        add(set, '192.0.2.4', MAX_TIMEOUT_SECONDS),
      ]);
      assert.deepEqual(verdicts(reports), ['applied', 'applied', 'applied', 'applied']);
      assertAbout(await timeoutOf(backend, set, '192.0.2.1'), 600);
      assertAbout(await timeoutOf(backend, set, '192.0.2.2'), 5000);
      assert.equal(await timeoutOf(backend, set, '192.0.2.3'), 0);
      assertAbout(await timeoutOf(backend, set, '192.0.2.4'), MAX_TIMEOUT_SECONDS);
    },
  },
  {
    title: 'keeps an entry without timeout for ever where the default is 0',
    needs: ['hash:net'],
    async run({ backend, create }) {
      const set = await create({ type: 'hash:net', family: 'ipv6', defaultTimeoutSeconds: 0 });
      await backend.apply([add(set, '2001:db8::/48'), add(set, '2001:db8::1', 600)]);
      assert.equal(await timeoutOf(backend, set, '2001:db8::/48'), 0);
      assertAbout(await timeoutOf(backend, set, '2001:db8::1'), 600);
    },
  },
  {
    title: 'replaces the timeout when adding again: longer, shorter, default, for ever and back',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ defaultTimeoutSeconds: 700 });
      for (const [given, expected] of [
        [100, 100],
        [5000, 5000],
        [200, 200],
        [undefined, 700],
        [0, 0],
        [300, 300],
      ] as const) {
        assert.deepEqual(verdicts(await backend.apply([add(set, '192.0.2.1', given)])), [
          'applied',
        ]);
        const actual = await timeoutOf(backend, set, '192.0.2.1');
        if (expected === 0) assert.equal(actual, 0);
        else assertAbout(actual, expected);
      }
    },
  },
  {
    title: 'lets the last of several timeouts in one call win',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ defaultTimeoutSeconds: 0 });
      await backend.apply([
        add(set, '192.0.2.1', 100),
        add(set, '192.0.2.1', 9000),
        add(set, '192.0.2.1', 500),
      ]);
      assertAbout(await timeoutOf(backend, set, '192.0.2.1'), 500);
    },
  },
  {
    title: 'keeps timeouts in bitmap:ip',
    needs: ['bitmap:ip'],
    async run({ backend, create }) {
      const range = '192.0.2.0/24';
      const set = await create({ type: 'bitmap:ip', range, defaultTimeoutSeconds: 0 });
      await backend.apply([add(set, '192.0.2.1', 600), add(set, '192.0.2.2')]);
      assertAbout(await timeoutOf(backend, set, '192.0.2.1'), 600);
      assert.equal(await timeoutOf(backend, set, '192.0.2.2'), 0);
    },
  },
  {
    title: 'refuses any timeout, even 0, in a set without timeouts',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      const reports = await backend.apply([
        add(set, '192.0.2.1', 600),
        add(set, '192.0.2.2', 0),
        add(set, '192.0.2.3'),
      ]);
      assert.deepEqual(verdicts(reports), [
        'timeout-unsupported',
        'timeout-unsupported',
        'applied',
      ]);
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.3']);
      assert.equal(await timeoutOf(backend, set, '192.0.2.3'), 0);
    },
  },
  {
    title: 'refuses timeouts that the kernel cannot hold, and applies the rest',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ defaultTimeoutSeconds: 0 });
      const reports = await backend.apply([
        add(set, '192.0.2.1', MAX_TIMEOUT_SECONDS + 1),
        add(set, '192.0.2.2', -1),
        add(set, '192.0.2.3', 1.5),
        add(set, '192.0.2.4', Number.NaN),
        add(set, '192.0.2.5', 60),
      ]);
      assert.deepEqual(verdicts(reports), [
        'unstorable',
        'unstorable',
        'unstorable',
        'unstorable',
        'applied',
      ]);
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.5']);
    },
  },
];
