import assert from 'node:assert/strict';
import type { Change } from '../backend/backend.js';
import type { SetName } from '../words/names.js';
import { add, testAddress, texts, verdicts, type CaseDefinition } from './contract-case.js';
import { listMembers } from '../backend/list-members.js';

function remark(set: SetName, text: string, comment: string): Change {
  return { op: 'add', set, address: testAddress(text), comment };
}

/** Demands on comments: kept where the set has them, and never in the way where it does not. */
export const commentCases: readonly CaseDefinition[] = [
  {
    title: 'adds what has a comment into a set that keeps none',
    needs: ['hash:ip', 'hash:net'],
    async run({ backend, create }) {
      const singles = await create({ type: 'hash:ip', defaultTimeoutSeconds: 0 });
      const prefixes = await create({ type: 'hash:net' });
      const reports = await backend.apply([
        add(singles, '192.0.2.1', 60),
        remark(singles, '192.0.2.2', 'web1: sshd'),
        { ...remark(singles, '192.0.2.3', 'web1: sshd'), timeoutSeconds: 60 } as Change,
        remark(prefixes, '198.51.100.0/24', 'by hand'),
        add(singles, '0.0.0.0'),
        remark(singles, '192.0.2.4', 'again'),
      ]);
      assert.deepEqual(verdicts(reports), [
        'applied',
        'applied',
        'applied',
        'applied',
        'unstorable',
        'applied',
      ]);
      assert.deepEqual(texts(await listMembers(backend, singles)), [
        '192.0.2.1',
        '192.0.2.2',
        '192.0.2.3',
        '192.0.2.4',
      ]);
      assert.deepEqual(texts(await listMembers(backend, prefixes)), ['198.51.100.0/24']);
    },
  },
  {
    title: 'keeps comments where the set has them, without what would break its listing',
    needs: ['hash:net'],
    feature: 'comments',
    async run({ backend, create }) {
      const plain = await create({ type: 'hash:net' });
      assert.equal((await backend.inspect(plain))?.comments, undefined);
      const made = await create({ type: 'hash:net', comments: true });
      assert.equal((await backend.inspect(made))?.comments, true);
      const reports = await backend.apply([
        remark(made, '192.0.2.1', 'web1: sshd'),
        remark(made, '192.0.2.2', 'say "hi"\nadd x 10.0.0.1'),
        remark(made, '192.0.2.3', 'ü'.repeat(300)),
        add(made, '192.0.2.4'),
        remark(made, '192.0.2.5', 'first'),
        remark(made, '192.0.2.5', 'second'),
        remark(made, '192.0.2.6', 'gone'),
        add(made, '192.0.2.6'),
      ]);
      assert.deepEqual(new Set(verdicts(reports)), new Set(['applied']));
      const comments = new Map(
        (await listMembers(backend, made)).map(({ address, comment }) => [
          String(address.text),
          comment,
        ]),
      );
      assert.equal(comments.get('192.0.2.1'), 'web1: sshd');
      assert.equal(comments.get('192.0.2.2'), "say 'hi'\\x0aadd x 10.0.0.1");
      assert.match(comments.get('192.0.2.3') ?? '', /^ü{120,127}…?$/);
      assert.equal(comments.get('192.0.2.4'), undefined);
      assert.equal(comments.get('192.0.2.5'), 'second');
      assert.equal(comments.get('192.0.2.6'), undefined);
    },
  },
];
