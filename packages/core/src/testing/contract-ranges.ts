import assert from 'node:assert/strict';
import type { Change } from '../backend/backend.js';
import type { SetName } from '../words/names.js';
import { del, testAddress, texts, verdicts, type CaseDefinition } from './contract-case.js';
import { listMembers } from '../backend/list-members.js';

function addRange(set: SetName, first: string, last: string): Change {
  return { op: 'add', set, address: testAddress(first), to: testAddress(last) };
}

function delRange(set: SetName, first: string, last: string): Change {
  return { op: 'del', set, address: testAddress(first), to: testAddress(last) };
}

/** Demands on changes that name a range of addresses. */
export const rangeCases: readonly CaseDefinition[] = [
  {
    title: 'adds and deletes a range as the fewest prefixes where the set takes prefixes',
    needs: ['hash:net'],
    feature: 'ranges',
    async run({ backend, create }) {
      const set = await create({ type: 'hash:net' });
      const added = await backend.apply([addRange(set, '192.0.2.1', '192.0.2.6')]);
      assert.deepEqual(verdicts(added), ['applied']);
      assert.deepEqual(texts(await listMembers(backend, set)), [
        '192.0.2.1',
        '192.0.2.2/31',
        '192.0.2.4/31',
        '192.0.2.6',
      ]);
      const removal = [delRange(set, '192.0.2.1', '192.0.2.6')];
      assert.deepEqual(verdicts(await backend.apply(removal)), ['applied']);
      assert.deepEqual(await listMembers(backend, set), []);
      assert.deepEqual(verdicts(await backend.apply(removal)), ['unchanged']);
    },
  },
  {
    title: 'adds and deletes a range of IPv6',
    needs: ['hash:net'],
    feature: 'ranges',
    async run({ backend, create }) {
      const set = await create({ type: 'hash:net', family: 'ipv6' });
      const range = ['2001:db8::', '2001:db8:0:2:ffff:ffff:ffff:ffff'] as const;
      assert.deepEqual(verdicts(await backend.apply([addRange(set, ...range)])), ['applied']);
      assert.deepEqual(texts(await listMembers(backend, set)), [
        '2001:db8:0:2::/64',
        '2001:db8::/63',
      ]);
      assert.deepEqual(verdicts(await backend.apply([delRange(set, ...range)])), ['applied']);
      assert.deepEqual(await listMembers(backend, set), []);
    },
  },
  {
    title: 'adds each address of a range where the set takes single addresses only',
    needs: ['hash:ip'],
    feature: 'ranges',
    async run({ backend, create }) {
      const set = await create({ type: 'hash:ip' });
      const reports = await backend.apply([
        addRange(set, '192.0.2.254', '192.0.3.1'),
        del(set, '192.0.3.0'),
      ]);
      assert.deepEqual(verdicts(reports), ['applied', 'applied']);
      assert.deepEqual(texts(await listMembers(backend, set)), [
        '192.0.2.254',
        '192.0.2.255',
        '192.0.3.1',
      ]);
      // What is there of it is deleted, whatever is not.
      const removal = [delRange(set, '192.0.2.254', '192.0.3.1')];
      assert.deepEqual(verdicts(await backend.apply(removal)), ['applied']);
      assert.deepEqual(await listMembers(backend, set), []);
    },
  },
  {
    title: 'refuses a range that is none, and one too long for single addresses',
    needs: ['hash:ip'],
    feature: 'ranges',
    async run({ backend, create, unusedName }) {
      const set = await create({ type: 'hash:ip' });
      const reports = await backend.apply([
        addRange(set, '192.0.2.9', '192.0.2.1'),
        addRange(set, '192.0.2.9', '2001:db8::1'),
        addRange(set, '192.0.2.0/24', '192.0.2.255'),
        addRange(set, '10.0.0.0', '10.1.0.0'),
        addRange(unusedName(), '192.0.2.1', '192.0.2.3'),
        addRange(set, '192.0.2.1', '192.0.2.1'),
      ]);
      assert.deepEqual(verdicts(reports), [
        'unstorable',
        'unstorable',
        'unstorable',
        'unstorable',
        'set-missing',
        'applied',
      ]);
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.1']);
    },
  },
  {
    title: 'says failed for a range of which a part did not fit, and which part',
    needs: ['hash:ip'],
    feature: 'ranges',
    async run({ backend, create }) {
      const set = await create({ type: 'hash:ip', maxEntries: 64 });
      const [report] = await backend.apply([addRange(set, '192.0.2.0', '192.0.2.255')]);
      assert.ok(report?.outcome === 'failed');
      assert.equal(report.fault, 'set-full');
      assert.match(report.detail, /^\d+ of the 256 entries that make up the range failed/);
    },
  },
];
