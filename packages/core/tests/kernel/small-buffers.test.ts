import { execFileSync } from 'node:child_process';
import { afterEach, expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import type { Backend, Change } from '../../src/backend/backend.js';
import { createNetlinkIpsetBackend } from '../../src/backend/ipset-netlink/netlink-ipset-backend.js';
import { createNftablesBackend } from '../../src/backend/nftables-netlink/nftables-backend.js';
import type { SetName } from '../../src/words/names.js';
import { loadLibC, type LibC } from '../../src/netlink/index.js';
import { SO_RCVBUF, SO_SNDBUF } from '../../src/netlink/linux-socket.js';
import { add, del, verdicts } from '../../src/testing/contract-case.js';
import { listMembers } from '../../src/backend/list-members.js';

const set = 'small' as SetName;
// The kernel doubles it, and gives at least 2,304 and 4,608.
const TINY = 4096;

/** Sockets whose buffers never get larger, as for who lacks the right and under a low limit. */
async function loadTinyLibC(): Promise<LibC> {
  const libc = await loadLibC();
  return {
    ...libc,
    socket(domain, type, protocol) {
      const fd = libc.socket(domain, type, protocol);
      libc.setsockopt(fd, 1, SO_RCVBUF, TINY);
      libc.setsockopt(fd, 1, SO_SNDBUF, TINY);
      return fd;
    },
    setsockopt: (fd, level, option, value) =>
      level === 1 ? 0 : libc.setsockopt(fd, level, option, value),
  };
}

/** 3,000 changes, of which a third deletes what is not there and each hundredth is unfit. */
const changes: Change[] = [...Array(3000).keys()].map((index) => {
  const text = `10.0.${index >> 8}.${index & 255}`;
  if (index % 100 === 50) return add(set, '2001:db8::1');
  return index % 3 === 0 ? del(set, text) : add(set, text);
});
const expected = changes.map(({ op, address }) =>
  address.family === 'ipv6' ? 'wrong-family' : op === 'del' ? 'unchanged' : 'applied',
);

/** And 5,000 of one kind, so that messages are as long as they get. */
const many: Change[] = [...Array(5000).keys()].map((index) =>
  add(set, `10.9.${index >> 8}.${index & 255}`),
);

async function exhaust(backend: Backend): Promise<void> {
  await backend.create({ set, type: 'hash:ip', family: 'ipv4' });
  expect(verdicts(await backend.apply(changes))).toEqual(expected);
  expect(new Set(verdicts(await backend.apply(many)))).toEqual(new Set(['applied']));
  expect((await backend.inspect(set))?.entries).toBe(
    5000 + expected.filter((verdict) => verdict === 'applied').length,
  );
  expect(await listMembers(backend, set)).toHaveLength((await backend.inspect(set))?.entries ?? 0);
}

suiteNeeding(['ipset', 'nft'], 'socket buffers that are too small', () => {
  let backend: Backend;
  afterEach(async () => {
    await backend.close();
    execFileSync('sh', ['-c', 'nft flush ruleset; ipset destroy small 2>&1 || true']);
  });

  it('cost ipset time, but no change and no verdict', async () => {
    backend = await createNetlinkIpsetBackend({ loadLibC: loadTinyLibC });
    await exhaust(backend);
  });

  it('cost nftables time, but no change and no verdict', async () => {
    backend = await createNftablesBackend({ loadLibC: loadTinyLibC });
    await exhaust(backend);
  });
});
