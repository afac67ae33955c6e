import assert from 'node:assert/strict';
import { add, del, texts, verdicts, type CaseDefinition } from './contract-case.js';
import { listMembers } from '../backend/list-members.js';

/** Demands on `apply` that hold for every set. */
export const changeCases: readonly CaseDefinition[] = [
  {
    title: 'applies nothing when given nothing',
    needs: [],
    async run({ backend }) {
      assert.deepEqual(await backend.apply([]), []);
    },
  },
  {
    title: 'adds and deletes an IPv4 address',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      assert.deepEqual(verdicts(await backend.apply([add(set, '192.0.2.7')])), ['applied']);
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.7']);
      assert.deepEqual(verdicts(await backend.apply([del(set, '192.0.2.7')])), ['applied']);
      assert.deepEqual(await listMembers(backend, set), []);
    },
  },
  {
    title: 'adds and deletes an IPv6 address',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ family: 'ipv6' });
      assert.deepEqual(verdicts(await backend.apply([add(set, '2001:db8::7')])), ['applied']);
      assert.deepEqual(texts(await listMembers(backend, set)), ['2001:db8::7']);
      assert.deepEqual(verdicts(await backend.apply([del(set, '2001:db8::7')])), ['applied']);
      assert.deepEqual(await listMembers(backend, set), []);
    },
  },
  {
    title: 'counts adding again as applied',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      const twice = [add(set, '192.0.2.7'), add(set, '192.0.2.7')];
      assert.deepEqual(verdicts(await backend.apply(twice)), ['applied', 'applied']);
      assert.deepEqual(verdicts(await backend.apply(twice)), ['applied', 'applied']);
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.7']);
    },
  },
  {
    title: 'says unchanged for deleting what is not there',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      const changes = [add(set, '192.0.2.7'), del(set, '192.0.2.7'), del(set, '192.0.2.7')];
      assert.deepEqual(verdicts(await backend.apply(changes)), ['applied', 'applied', 'unchanged']);
      assert.deepEqual(verdicts(await backend.apply([del(set, '192.0.2.8')])), ['unchanged']);
    },
  },
  {
    title: 'keeps the order of changes to one address',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      const [one, two] = ['192.0.2.1', '192.0.2.2'];
      const reports = await backend.apply([
        add(set, one),
        del(set, one),
        add(set, one),
        add(set, two),
        del(set, one),
        del(set, one),
        add(set, two),
      ]);
      assert.deepEqual(verdicts(reports), [
        'applied',
        'applied',
        'applied',
        'applied',
        'applied',
        'unchanged',
        'applied',
      ]);
      assert.deepEqual(texts(await listMembers(backend, set)), [two]);
    },
  },
  {
    title: 'edits several sets in one call',
    needs: ['hash:ip', 'hash:net'],
    async run({ backend, create }) {
      const ipv4 = await create({});
      const ipv6 = await create({ type: 'hash:net', family: 'ipv6' });
      const reports = await backend.apply([
        add(ipv4, '192.0.2.1'),
        add(ipv6, '2001:db8:1::/48'),
        add(ipv4, '192.0.2.2'),
      ]);
      assert.deepEqual(verdicts(reports), ['applied', 'applied', 'applied']);
      assert.deepEqual(texts(await listMembers(backend, ipv4)), ['192.0.2.1', '192.0.2.2']);
      assert.deepEqual(texts(await listMembers(backend, ipv6)), ['2001:db8:1::/48']);
    },
  },
  ...[[0], [9], [0, 9], [1, 4, 5], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]].map((badAt): CaseDefinition => {
    return {
      title: `loses nothing but the bad changes where they stand at ${badAt.join(', ')} of ten`,
      needs: ['hash:ip'],
      async run({ backend, create }) {
        const set = await create({});
        const text = (index: number): string =>
          badAt.includes(index) ? `2001:db8::${index + 1}` : `192.0.2.${index + 1}`;
        const indices = [...Array(10).keys()];
        const reports = await backend.apply(indices.map((index) => add(set, text(index))));
        const expected = indices.map((index) =>
          badAt.includes(index) ? 'wrong-family' : 'applied',
        );
        assert.deepEqual(verdicts(reports), expected);
        const stored = indices.filter((index) => !badAt.includes(index)).map(text);
        assert.deepEqual(texts(await listMembers(backend, set)), stored.sort());
      },
    };
  }),
  {
    title: 'gives each of several kinds of fault to the change that has it',
    needs: ['hash:ip'],
    async run({ backend, create, unusedName }) {
      const set = await create({ maxEntries: 2 });
      const reports = await backend.apply([
        del(set, '192.0.2.9'),
        add(set, '2001:db8::1'),
        add(set, '192.0.2.1'),
        add(unusedName(), '192.0.2.1'),
        add(set, '192.0.2.2', 60),
        add(set, '192.0.2.3'),
        del(set, '192.0.2.4'),
        del(set, '192.0.2.1'),
      ]);
      assert.deepEqual(verdicts(reports), [
        'unchanged',
        'wrong-family',
        'applied',
        'set-missing',
        'timeout-unsupported',
        'applied',
        'unchanged',
        'applied',
      ]);
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.3']);
    },
  },
  {
    title: 'says what is wrong in words that name the set',
    needs: [],
    async run({ backend, unusedName }) {
      const missing = unusedName();
      const [report] = await backend.apply([add(missing, '192.0.2.1')]);
      assert.ok(report?.outcome === 'failed');
      assert.ok(report.detail.includes(missing), report.detail);
    },
  },
  {
    title: 'applies 2,000 changes in one call',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      const addresses = [...Array(2000).keys()].map((index) => `10.0.${index >> 8}.${index & 255}`);
      addresses[0] = '10.9.9.9';
      const reports = await backend.apply(addresses.map((text) => add(set, text)));
      assert.equal(verdicts(reports).filter((verdict) => verdict === 'applied').length, 2000);
      assert.deepEqual(texts(await listMembers(backend, set)), addresses.sort());
      const gone = await backend.apply(addresses.map((text) => del(set, text)));
      assert.equal(verdicts(gone).filter((verdict) => verdict === 'applied').length, 2000);
      assert.deepEqual(await listMembers(backend, set), []);
    },
  },
];
