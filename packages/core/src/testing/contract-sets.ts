import assert from 'node:assert/strict';
import { VallumError, type VallumErrorCode } from '../words/errors.js';
import { add, del, texts, verdicts, type CaseDefinition } from './contract-case.js';
import { listMembers } from '../backend/list-members.js';

function refusedWith(code: VallumErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof VallumError && error.code === code;
}

/** Demands on whole sets: what is there, what it is, and making one. */
export const setCases: readonly CaseDefinition[] = [
  {
    title: 'knows nothing of a set that is missing',
    needs: [],
    async run({ backend, unusedName }) {
      const set = unusedName();
      assert.equal(await backend.inspect(set), undefined);
      await assert.rejects(listMembers(backend, set), refusedWith('BACKEND_FAILED'));
      const reports = await backend.apply([add(set, '192.0.2.1'), del(set, '2001:db8::1')]);
      assert.deepEqual(verdicts(reports), ['set-missing', 'set-missing']);
      assert.deepEqual(verdicts(await backend.apply([add(set, '192.0.2.0/24')])), ['set-missing']);
    },
  },
  {
    title: 'creates a set as described and describes it',
    needs: ['hash:net'],
    async run({ backend, unusedName }) {
      const set = unusedName();
      const outcome = await backend.create({
        set,
        type: 'hash:net',
        family: 'ipv6',
        defaultTimeoutSeconds: 3600,
        maxEntries: 1000,
      });
      assert.equal(outcome, 'created');
      const info = await backend.inspect(set);
      assert.ok(info !== undefined);
      const { identity, ...described } = info;
      assert.ok(identity === undefined || identity.length > 0);
      assert.deepEqual(described, {
        set,
        type: 'hash:net',
        family: 'ipv6',
        defaultTimeoutSeconds: 3600,
        maxEntries: 1000,
        entries: 0,
        references: 0,
      });
    },
  },
  {
    title: 'describes the range of a bitmap:ip given as a prefix',
    needs: ['bitmap:ip'],
    async run({ backend, create }) {
      const set = await create({ type: 'bitmap:ip', range: '192.0.2.0/24' });
      const info = await backend.inspect(set);
      assert.equal(info?.type, 'bitmap:ip');
      assert.equal(info.family, 'ipv4');
      assert.deepEqual(info.range, { first: '192.0.2.0', last: '192.0.2.255' });
      assert.equal(info.defaultTimeoutSeconds, undefined);
    },
  },
  {
    title: 'leaves a set that exists as it is, also when other options are asked for',
    needs: ['hash:ip', 'hash:net'],
    async run({ backend, create }) {
      const set = await create({ type: 'hash:ip' });
      await backend.apply([add(set, '192.0.2.1')]);
      assert.equal(await backend.create({ set, type: 'hash:ip', family: 'ipv4' }), 'exists');
      assert.equal(await backend.create({ set, type: 'hash:net', family: 'ipv6' }), 'exists');
      assert.equal((await backend.inspect(set))?.type, 'hash:ip');
      assert.deepEqual(texts(await listMembers(backend, set)), ['192.0.2.1']);
    },
  },
  {
    title: 'counts entries',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      await backend.apply([add(set, '192.0.2.1'), add(set, '192.0.2.2'), del(set, '192.0.2.1')]);
      assert.equal((await backend.inspect(set))?.entries, 1);
    },
  },
  {
    title: 'refuses to create what no set can be',
    needs: ['hash:ip', 'bitmap:ip'],
    async run({ backend, unusedName }) {
      const set = unusedName();
      const refused = refusedWith('INVALID_ARGUMENT');
      const common = { set, family: 'ipv4' } as const;
      const hash = { ...common, type: 'hash:ip' } as const;
      const bitmap = { ...common, type: 'bitmap:ip' } as const;
      await assert.rejects(backend.create(bitmap), refused);
      await assert.rejects(backend.create({ ...bitmap, range: '-exist' }), refused);
      await assert.rejects(backend.create({ ...hash, defaultTimeoutSeconds: -1 }), refused);
      await assert.rejects(backend.create({ ...hash, maxEntries: 0.5 }), refused);
      assert.equal(await backend.inspect(set), undefined);
    },
  },
  {
    title: 'gives back the members that were put in, in canonical form',
    needs: ['hash:net'],
    async run({ backend, create }) {
      const ipv4 = await create({ type: 'hash:net', defaultTimeoutSeconds: 0 });
      const ipv6 = await create({ type: 'hash:net', family: 'ipv6' });
      await backend.apply([
        add(ipv4, '198.51.100.0/24', 900),
        add(ipv4, '203.0.113.255'),
        add(ipv6, '2001:db8:0:0:1:0:0:1'),
        add(ipv6, '2001:DB8:FF00::/40'),
      ]);
      assert.deepEqual(texts(await listMembers(backend, ipv4)), [
        '198.51.100.0/24',
        '203.0.113.255',
      ]);
      const members = await listMembers(backend, ipv6);
      assert.deepEqual(texts(members), ['2001:db8::1:0:0:1', '2001:db8:ff00::/40']);
      const reports = await backend.apply(
        members.map(({ address }) => ({ op: 'del', set: ipv6, address })),
      );
      assert.deepEqual(verdicts(reports), ['applied', 'applied']);
    },
  },
];
