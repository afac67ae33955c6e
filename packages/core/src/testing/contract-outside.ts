import assert from 'node:assert/strict';
import { listMembers } from '../backend/list-members.js';
import { addNew } from './contract-new.js';
import { add, del, testAddress, texts, verdicts, type CaseDefinition } from './contract-case.js';

const WATCH_MS = 2000;

/** Demands on what a backend says of that which somebody else did. */
export const outsideCases: readonly CaseDefinition[] = [
  {
    title: 'lists exceptions as what they are, and says that packets from them do not match',
    needs: ['hash:net'],
    outside: 'addException',
    async run({ backend, create, outside }) {
      assert.ok(outside.addException !== undefined);
      const set = await create({ type: 'hash:net', defaultTimeoutSeconds: 0 });
      await backend.apply([add(set, '192.0.2.0/24'), add(set, '198.51.100.7')]);
      await outside.addException(set, '192.0.2.0/28');
      const members = await listMembers(backend, set);
      assert.deepEqual(texts(members), ['192.0.2.0/24', '192.0.2.0/28', '198.51.100.7']);
      const exceptions = members.filter(({ exception }) => exception === true);
      assert.deepEqual(texts(exceptions), ['192.0.2.0/28']);
      if (backend.test === undefined) return;
      for (const [text, matches] of [
        ['192.0.2.7', false],
        ['192.0.2.77', true],
        ['192.0.2.0/28', false],
        ['192.0.2.0/24', true],
      ] as const) {
        assert.equal(await backend.test(set, testAddress(text)), matches, text);
      }
      assert.ok(backend.excepts !== undefined);
      for (const [text, passes] of [
        ['192.0.2.7', true],
        ['192.0.2.77', false],
        ['192.0.2.0/28', true],
        ['192.0.2.0/24', false],
        ['192.0.2.0/30', false],
        ['198.51.100.7', false],
        ['203.0.113.1', false],
      ] as const) {
        assert.equal(await backend.excepts(set, testAddress(text)), passes, text);
      }
    },
  },
  {
    title: 'leaves an exception alone where only what is new is to be added, and else replaces it',
    needs: ['hash:net'],
    outside: 'addException',
    async run({ backend, create, outside }) {
      assert.ok(outside.addException !== undefined);
      const set = await create({ type: 'hash:net' });
      await outside.addException(set, '192.0.2.7');
      assert.deepEqual(verdicts(await backend.apply([addNew(set, '192.0.2.7')])), ['present']);
      const [kept] = await listMembers(backend, set);
      assert.equal(kept?.exception, true);
      assert.deepEqual(verdicts(await backend.apply([add(set, '192.0.2.7')])), ['applied']);
      const [replaced] = await listMembers(backend, set);
      assert.equal(replaced?.exception, undefined);
      await outside.addException(set, '192.0.2.8');
      assert.deepEqual(verdicts(await backend.apply([del(set, '192.0.2.8')])), ['applied']);
    },
  },
  {
    title: 'says of a set that evicts entries when it is full that it does',
    needs: ['hash:ip'],
    outside: 'createEvicting',
    async run({ backend, create, unusedName, outside }) {
      assert.ok(outside.createEvicting !== undefined);
      assert.equal((await backend.inspect(await create({})))?.evicts, undefined);
      const set = unusedName();
      await outside.createEvicting(set);
      assert.equal((await backend.inspect(set))?.evicts, true);
    },
  },
  {
    title: 'tells what somebody else has changed, and not what it has changed itself',
    needs: ['hash:ip'],
    outside: 'addMember',
    async run({ backend, create, outside }) {
      assert.ok(backend.watch !== undefined && outside.addMember !== undefined);
      const [set, own] = [await create({}), await create({})];
      const told: string[] = [];
      const stop = backend.watch((changed) => told.push(changed));
      await backend.apply([add(own, '192.0.2.1')]);
      await outside.addMember(set, '192.0.2.1');
      const end = performance.now() + WATCH_MS;
      while (told.length === 0 && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      stop();
      assert.deepEqual(told, [set]);
    },
  },
];
