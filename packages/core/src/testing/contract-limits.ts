import assert from 'node:assert/strict';
import { add, del, texts, verdicts, type CaseDefinition } from './contract-case.js';
import { listMembers } from '../backend/list-members.js';

/** Demands on what a set refuses because of its type, family, range or size. */
export const limitCases: readonly CaseDefinition[] = [
  {
    title: 'refuses IPv6 in an IPv4 set',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ family: 'ipv4' });
      const reports = await backend.apply([add(set, '2001:db8::1'), del(set, '2001:db8::1')]);
      assert.deepEqual(verdicts(reports), ['wrong-family', 'wrong-family']);
    },
  },
  {
    title: 'refuses IPv4 in an IPv6 set',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ family: 'ipv6' });
      const reports = await backend.apply([add(set, '192.0.2.1'), del(set, '192.0.2.1')]);
      assert.deepEqual(verdicts(reports), ['wrong-family', 'wrong-family']);
      assert.deepEqual(await listMembers(backend, set), []);
    },
  },
  {
    title: 'refuses a prefix of the wrong family in hash:net',
    needs: ['hash:net'],
    async run({ backend, create }) {
      const ipv4 = await create({ type: 'hash:net' });
      const ipv6 = await create({ type: 'hash:net', family: 'ipv6' });
      const reports = await backend.apply([add(ipv4, '2001:db8::/48'), add(ipv6, '192.0.2.0/24')]);
      assert.deepEqual(verdicts(reports), ['wrong-family', 'wrong-family']);
    },
  },
  {
    title: 'stores prefixes in hash:net beside the addresses they contain',
    needs: ['hash:net'],
    async run({ backend, create }) {
      const set = await create({ type: 'hash:net' });
      const stored = ['192.0.2.0/24', '192.0.2.128/25', '192.0.2.7', '10.0.0.0/8'];
      const reports = await backend.apply(stored.map((text) => add(set, text)));
      assert.deepEqual(
        verdicts(reports),
        stored.map(() => 'applied'),
      );
      assert.deepEqual(texts(await listMembers(backend, set)), [...stored].sort());
    },
  },
  {
    title: 'deletes from hash:net exactly what is named, not what contains it',
    needs: ['hash:net'],
    async run({ backend, create }) {
      const set = await create({ type: 'hash:net', family: 'ipv6' });
      await backend.apply([add(set, '2001:db8::/32')]);
      const reports = await backend.apply([
        del(set, '2001:db8::1'),
        del(set, '2001:db8::/33'),
        del(set, '2001:db8::/32'),
      ]);
      assert.deepEqual(verdicts(reports), ['unchanged', 'unchanged', 'applied']);
      assert.deepEqual(await listMembers(backend, set), []);
    },
  },
  {
    title: 'refuses a prefix in hash:ip, which would unfold it into single addresses',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const ipv4 = await create({});
      const ipv6 = await create({ family: 'ipv6' });
      const reports = await backend.apply([
        add(ipv4, '192.0.2.0/30'),
        add(ipv4, '192.0.2.9'),
        del(ipv4, '192.0.2.8/30'),
        add(ipv6, '2001:db8::/64'),
      ]);
      assert.deepEqual(verdicts(reports), [
        'prefix-unsupported',
        'applied',
        'prefix-unsupported',
        'prefix-unsupported',
      ]);
      assert.deepEqual(texts(await listMembers(backend, ipv4)), ['192.0.2.9']);
    },
  },
  {
    title: 'stores 0.0.0.0 in hash:net, but not in hash:ip',
    needs: ['hash:ip', 'hash:net'],
    async run({ backend, create }) {
      const single = await create({});
      const prefix = await create({ type: 'hash:net' });
      const reports = await backend.apply([add(single, '0.0.0.0'), add(prefix, '0.0.0.0')]);
      assert.deepEqual(verdicts(reports), ['unstorable', 'applied']);
    },
  },
  {
    title: 'cannot store the prefix of length 0',
    needs: ['hash:net'],
    async run({ backend, create }) {
      const ipv4 = await create({ type: 'hash:net' });
      const ipv6 = await create({ type: 'hash:net', family: 'ipv6' });
      const reports = await backend.apply([add(ipv4, '0.0.0.0/0'), add(ipv6, '::/0')]);
      assert.deepEqual(verdicts(reports), ['unstorable', 'unstorable']);
    },
  },
  {
    title: 'keeps to the range of bitmap:ip, both ends included',
    needs: ['bitmap:ip'],
    async run({ backend, create }) {
      const set = await create({ type: 'bitmap:ip', range: '192.0.2.10-192.0.2.20' });
      const reports = await backend.apply([
        add(set, '192.0.2.9'),
        add(set, '192.0.2.10'),
        add(set, '192.0.2.20'),
        add(set, '192.0.2.21'),
        del(set, '192.0.2.21'),
        del(set, '192.0.2.11'),
        add(set, '2001:db8::1'),
        add(set, '192.0.2.12/30'),
      ]);
      assert.deepEqual(verdicts(reports), [
        'out-of-range',
        'applied',
        'applied',
        'out-of-range',
        'out-of-range',
        'unchanged',
        'wrong-family',
        'prefix-unsupported',
      ]);
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.10', '192.0.2.20']);
    },
  },
  {
    title: 'says when a set is full, and still applies what it holds already',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ maxEntries: 2 });
      const reports = await backend.apply([
        add(set, '192.0.2.1'),
        add(set, '192.0.2.2'),
        add(set, '192.0.2.3'),
        add(set, '192.0.2.1'),
      ]);
      assert.deepEqual(verdicts(reports), ['applied', 'applied', 'set-full', 'applied']);
      const room = await backend.apply([del(set, '192.0.2.1'), add(set, '192.0.2.3')]);
      assert.deepEqual(verdicts(room), ['applied', 'applied']);
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.2', '192.0.2.3']);
    },
  },
];
