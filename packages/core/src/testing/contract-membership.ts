import assert from 'node:assert/strict';
import type { Backend } from '../backend/backend.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { add, testAddress, type CaseDefinition } from './contract-case.js';

async function test(backend: Backend, set: SetName, text: string): Promise<boolean> {
  assert.ok(backend.test !== undefined, 'the backend has no method test');
  return backend.test(set, testAddress(text));
}

/** Demands on `test`. */
export const testCases: readonly CaseDefinition[] = [
  {
    title: 'finds a single address that is there, and no other',
    needs: ['hash:ip'],
    feature: 'test',
    async run({ backend, create }) {
      const set = await create({});
      await backend.apply([add(set, '192.0.2.7')]);
      assert.equal(await test(backend, set, '192.0.2.7'), true);
      for (const absent of ['192.0.2.8', '0.0.0.0', '192.0.2.7/31', '2001:db8::7']) {
        assert.equal(await test(backend, set, absent), false, absent);
      }
    },
  },
  {
    title: 'finds an address within a prefix, and a prefix only as it was added',
    needs: ['hash:net'],
    feature: 'test',
    async run({ backend, create }) {
      const ipv4 = await create({ type: 'hash:net' });
      const ipv6 = await create({ type: 'hash:net', family: 'ipv6' });
      await backend.apply([
        add(ipv4, '192.0.2.0/24'),
        add(ipv4, '192.0.2.128/25'),
        add(ipv6, '2001:db8::/32'),
        add(ipv6, '2001:db9::1'),
      ]);
      const expected = [
        [ipv4, '192.0.2.0', true],
        [ipv4, '192.0.2.255', true],
        [ipv4, '192.0.3.0', false],
        [ipv4, '192.0.1.255', false],
        [ipv4, '192.0.2.0/24', true],
        [ipv4, '192.0.2.128/25', true],
        [ipv4, '192.0.2.0/25', false],
        [ipv4, '192.0.0.0/16', false],
        [ipv6, '2001:db8:ffff::1', true],
        [ipv6, '2001:db9::1', true],
        [ipv6, '2001:db9::2', false],
        [ipv6, '192.0.2.1', false],
      ] as const;
      for (const [set, text, is] of expected) {
        assert.equal(await test(backend, set, text), is, text);
      }
    },
  },
  {
    title: 'throws for an address tested in a set that is missing',
    needs: [],
    feature: 'test',
    async run({ backend, unusedName }) {
      for (const text of ['192.0.2.1', '192.0.2.0/24']) {
        await assert.rejects(
          test(backend, unusedName(), text),
          (error) => error instanceof VallumError && error.code === 'BACKEND_FAILED',
        );
      }
    },
  },
];
