import assert from 'node:assert/strict';
import type { Change } from '../backend/backend.js';
import { listMembers } from '../backend/list-members.js';
import type { SetName } from '../words/names.js';
import { add, del, testAddress, texts, verdicts, type CaseDefinition } from './contract-case.js';

/** An addition that leaves what is there as it is. */
export function addNew(set: SetName, text: string, timeoutSeconds?: number): Change {
  const change = { op: 'add', set, address: testAddress(text), onlyNew: true } as const;
  return timeoutSeconds === undefined ? change : { ...change, timeoutSeconds };
}

/** Demands on additions that are to leave alone what is there. */
export const newCases: readonly CaseDefinition[] = [
  {
    title: 'adds only what is new, and says what was present',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      await backend.apply([add(set, '192.0.2.1')]);
      const reports = await backend.apply([
        addNew(set, '192.0.2.1'),
        addNew(set, '192.0.2.2'),
        addNew(set, '192.0.2.2'),
        del(set, '192.0.2.1'),
        addNew(set, '192.0.2.1'),
        add(set, '192.0.2.1'),
      ]);
      assert.deepEqual(verdicts(reports), [
        'present',
        'applied',
        'present',
        'applied',
        'applied',
        'applied',
      ]);
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.1', '192.0.2.2']);
    },
  },
  {
    title: 'leaves the timeout of what is present as it is',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ defaultTimeoutSeconds: 0 });
      await backend.apply([add(set, '192.0.2.1', 5000), add(set, '192.0.2.2', 0)]);
      const reports = await backend.apply([
        addNew(set, '192.0.2.1', 100),
        addNew(set, '192.0.2.2', 100),
        addNew(set, '192.0.2.3', 100),
      ]);
      assert.deepEqual(verdicts(reports), ['present', 'present', 'applied']);
      const found = new Map(
        (await listMembers(backend, set)).map(({ address, timeoutSeconds = 0 }) => [
          String(address.text),
          timeoutSeconds,
        ]),
      );
      assert.ok((found.get('192.0.2.1') ?? 0) > 4000);
      assert.equal(found.get('192.0.2.2'), 0);
      assert.ok((found.get('192.0.2.3') ?? 0) <= 100);
    },
  },
  {
    title: 'adds prefixes only where just they are not there',
    needs: ['hash:net'],
    async run({ backend, create }) {
      for (const family of ['ipv4', 'ipv6'] as const) {
        const set = await create({ type: 'hash:net', family });
        const [wide, narrow, other, single] =
          family === 'ipv4'
            ? (['192.0.2.0/24', '192.0.2.128/25', '198.51.100.0/24', '192.0.2.7'] as const)
            : (['2001:db8::/32', '2001:db8:8000::/33', '2001:db9::/48', '2001:db8::7'] as const);
        await backend.apply([add(set, wide), add(set, single)]);
        const reports = await backend.apply(
          [wide, narrow, other, single, narrow].map((text) => addNew(set, text)),
        );
        assert.deepEqual(verdicts(reports), [
          'present',
          'applied',
          'applied',
          'present',
          'present',
        ]);
        const held = texts(await listMembers(backend, set));
        assert.deepEqual(held, [wide, narrow, other, single].sort());
      }
    },
  },
  {
    title: 'says what was present among many',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      const text = (index: number): string => `10.0.${index >> 8}.${index & 255}`;
      const all = [...Array(3000).keys()];
      // Some alone, some one behind the other.
      const isThere = (index: number): boolean => index % 7 === 0 || (index > 500 && index < 1500);
      await backend.apply(all.filter(isThere).map((index) => add(set, text(index))));
      const reports = await backend.apply(all.map((index) => addNew(set, text(index))));
      assert.deepEqual(
        verdicts(reports),
        all.map((index) => (isThere(index) ? 'present' : 'applied')),
      );
      assert.equal((await backend.inspect(set))?.entries, all.length);
    },
  },
  {
    title: 'refuses an addition of what is new as any other',
    needs: ['hash:ip'],
    async run({ backend, create, unusedName }) {
      const set = await create({ maxEntries: 64, defaultTimeoutSeconds: 0 });
      const reports = await backend.apply([
        addNew(set, '2001:db8::1'),
        addNew(set, '192.0.2.0/24'),
        addNew(set, '192.0.2.1', -1),
        addNew(unusedName(), '192.0.2.1'),
        addNew(set, '192.0.2.1'),
      ]);
      assert.deepEqual(verdicts(reports), [
        'wrong-family',
        'prefix-unsupported',
        'unstorable',
        'set-missing',
        'applied',
      ]);
    },
  },
];
