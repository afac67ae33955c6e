import assert from 'node:assert/strict';
import {
  ADD,
  ADD_NEW,
  APPLIED,
  DELETE,
  FAILED,
  NO_TIMEOUT,
  PRESENT,
  UNCHANGED,
  type ChangeColumns,
  type MemberColumns,
} from '../backend/backend.js';
import { addressColumns } from '../address/address-columns.js';
import { applyInColumns } from '../backend/apply-in-columns.js';
import { listMembers } from '../backend/list-members.js';
import type { SetName } from '../words/names.js';
import { add, testAddress, texts, type CaseDefinition } from './contract-case.js';

type Row = readonly [op: number, address: string, timeoutSeconds?: number, comment?: string];

function columns(set: SetName, rows: readonly Row[]): ChangeColumns {
  const addresses = rows.map(([, text]) => testAddress(text));
  return {
    ...addressColumns(addresses[0]?.family ?? 'ipv4', addresses),
    set,
    ops: Uint8Array.from(rows, ([op]) => op),
    timeoutSeconds: Uint32Array.from(rows, ([, , timeout]) => timeout ?? NO_TIMEOUT),
    ...(rows.some(([, , , comment]) => comment !== undefined)
      ? { comments: rows.map(([, , , comment]) => comment) }
      : {}),
  };
}

/** Demands on changes and listings in columns: what `apply` does, for many. */
export const columnCases: readonly CaseDefinition[] = [
  {
    title: 'applies nothing when given empty columns',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const { outcomes, failures } = await applyInColumns(backend, columns(await create({}), []));
      assert.equal(outcomes.length, 0);
      assert.equal(failures.size, 0);
    },
  },
  {
    title: 'applies changes in columns, in their order, with a verdict each',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ defaultTimeoutSeconds: 0 });
      const { outcomes, failures } = await applyInColumns(
        backend,
        columns(set, [
          [ADD, '192.0.2.1', 600],
          [ADD, '192.0.2.2'],
          [DELETE, '192.0.2.2'],
          [DELETE, '192.0.2.2'],
          [ADD_NEW, '192.0.2.1', 5],
          [ADD_NEW, '192.0.2.3', 0],
          [ADD, '192.0.2.0/24'],
          [ADD, '192.0.2.4', 2_147_484],
          [ADD, '192.0.2.5', 60, 'web1: sshd'],
        ]),
      );
      assert.deepEqual(
        [...outcomes],
        [APPLIED, APPLIED, APPLIED, UNCHANGED, PRESENT, APPLIED, FAILED, FAILED, APPLIED],
      );
      assert.deepEqual(
        [...failures].map(([index, { fault }]) => [index, fault]),
        [
          [6, 'prefix-unsupported'],
          [7, 'unstorable'],
        ],
      );
      for (const { detail } of failures.values()) assert.ok(detail.length > 0);
      const members = await listMembers(backend, set);
      assert.deepEqual(texts(members), ['192.0.2.1', '192.0.2.3', '192.0.2.5']);
      const first = members.find(({ address }) => String(address.text) === '192.0.2.1');
      assert.ok((first?.timeoutSeconds ?? 0) > 500);
    },
  },
  {
    title: 'applies prefixes of both families in columns',
    needs: ['hash:net'],
    async run({ backend, create }) {
      const ipv4 = await create({ type: 'hash:net', defaultTimeoutSeconds: 0 });
      const ipv6 = await create({ type: 'hash:net', family: 'ipv6' });
      const wide = await applyInColumns(
        backend,
        columns(ipv4, [
          [ADD, '192.0.2.0/24', 600],
          [ADD, '192.0.2.128/25', 900],
          [ADD, '198.51.100.7'],
          [ADD, '0.0.0.0/0'],
          [DELETE, '203.0.113.0/24'],
          [ADD_NEW, '192.0.2.0/24'],
        ]),
      );
      assert.deepEqual([...wide.outcomes], [APPLIED, APPLIED, APPLIED, FAILED, UNCHANGED, PRESENT]);
      assert.equal(wide.failures.get(3)?.fault, 'unstorable');
      const long = await applyInColumns(
        backend,
        columns(ipv6, [
          [ADD, '2001:db8::/32'],
          [ADD_NEW, '2001:db8::7'],
          [DELETE, '2001:db8::/33'],
        ]),
      );
      assert.deepEqual([...long.outcomes], [APPLIED, APPLIED, UNCHANGED]);
      assert.deepEqual(texts(await listMembers(backend, ipv4)), [
        '192.0.2.0/24',
        '192.0.2.128/25',
        '198.51.100.7',
      ]);
      assert.deepEqual(texts(await listMembers(backend, ipv6)), ['2001:db8::/32', '2001:db8::7']);
    },
  },
  {
    title: 'refuses columns as a whole for what is wrong with their set',
    needs: ['hash:ip'],
    async run({ backend, create, unusedName }) {
      const set = await create({ family: 'ipv6' });
      for (const [name, fault] of [
        [set, 'wrong-family'],
        [unusedName(), 'set-missing'],
      ] as const) {
        const { outcomes, failures } = await applyInColumns(
          backend,
          columns(name, [
            [ADD, '192.0.2.1'],
            [ADD_NEW, '192.0.2.2'],
            [DELETE, '192.0.2.3'],
          ]),
        );
        assert.deepEqual([...outcomes], [FAILED, FAILED, FAILED]);
        assert.deepEqual(
          [...failures.values()].map((failure) => failure.fault),
          [fault, fault, fault],
        );
      }
    },
  },
  {
    title: 'lists some thousands at a time, each once',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({ defaultTimeoutSeconds: 0 });
      const all = [...Array(20_000).keys()].map((index) => `10.1.${index >> 8}.${index & 255}`);
      const { outcomes } = await applyInColumns(
        backend,
        columns(
          set,
          all.map((text): Row => [ADD, text, 500]),
        ),
      );
      assert.ok(outcomes.every((outcome) => outcome === APPLIED));
      const visited: MemberColumns[] = [];
      await backend.members(set, (members) => visited.push(members));
      assert.ok(visited.length > 1, 'all at once');
      const words = new Set<number>();
      for (const { family, length, words: own, ...members } of visited) {
        assert.ok(length > 0 && length <= 8192, `${length} at a time`);
        assert.equal(family, 'ipv4');
        for (let index = 0; index < length; index++) {
          words.add(own[index] ?? 0);
          assert.equal(members.prefixLengths[index], 32);
          assert.equal(members.exceptions[index], 0);
          const timeout = members.timeoutSeconds[index] ?? 0;
          assert.ok(timeout > 400 && timeout <= 500, `${timeout} seconds left`);
        }
      }
      assert.equal(words.size, all.length);
      assert.ok(words.has(0x0a01_0000) && words.has(0x0a01_4e1f));
    },
  },
  {
    title: 'passes on what a visitor throws',
    needs: ['hash:ip'],
    async run({ backend, create }) {
      const set = await create({});
      await backend.apply([add(set, '192.0.2.1')]);
      const listing = backend.members(set, () => {
        throw new RangeError('enough');
      });
      await assert.rejects(listing, RangeError);
    },
  },
];
