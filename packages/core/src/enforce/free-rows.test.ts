import { expect, it } from '@jest/globals';
import { addressLines, settle, startEngine } from './engine.fixture.js';

const one = { set: 'one', type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 } as const;

it('a policy that is taken anew bans nobody of whom the ledger knows nothing any more', async () => {
  const engine = await startEngine([one]);
  await engine.send('one', addressLines(3, ' until never'));
  // Their rows come free, each of which names the one that came free before.
  await engine.send('one', addressLines(3, ' timeout 5', 100));
  await engine.pass(11_000);
  // And registers come to stand where they stood, of somebody who is banned.
  await engine.send('one', '10.0.0.0 origin a until never');
  await engine.send('one', '10.0.0.0 origin b until never');
  await engine.send('one', '10.0.0.0 origin c until never');
  await engine.node.reconfigure({
    topics: ['one'],
    policy: { protectHost: false, protect: ['192.0.2.0/24'] },
  });
  await settle();
  expect(await engine.held('one')).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.2']);
  expect(engine.node.status().sets).toMatchObject([{ bans: 3 }]);
  await engine.node.close();
});
