import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Backend } from '../../src/backend/backend.js';
import { createIpsetProcessBackend } from '../../src/backend/ipset-process/ipset-process-backend.js';
import { listMembers } from '../../src/backend/list-members.js';
import { createNftablesProcessBackend } from '../../src/backend/nftables-process/nftables-process-backend.js';
import { run as systemRun, type Run } from '../../src/system/run.js';
import { add, verdicts } from '../../src/testing/contract-case.js';
import type { SetName } from '../../src/words/names.js';

const stuck = 'stuck' as SetName;
const free = 'free' as SetName;

// Programs that never come back where the set `stuck` is named to them, and else answer as the real
// ones do of an empty set.
const IPSET = `#!/bin/sh
case "$1" in
  -) while read -r line; do
       case "$line" in
         *stuck*) sleep 600 ;;
         'list -o '*) echo "ipset v7.17: Syntax error: unknown output mode '\${line#list -o }'" >&2 ;;
       esac
     done ;;
  *) case "$*" in *stuck*) sleep 600 ;; esac ;;
esac
`;
const SET = (name: string): string =>
  `{"set": {"family": "inet", "name": "${name}", "table": "filter", "type": "ipv4_addr", "handle": 1}}`;
const NFT = `#!/bin/sh
case "$*" in
  '-f -') while read -r line; do case "$line" in *stuck*) sleep 600 ;; esac; done ;;
  *' list table '*) echo '{"nftables": [${SET('stuck')}, ${SET('free')}]}' ;;
  *stuck*) sleep 600 ;;
esac
`;

describe.each([
  {
    name: 'ipset',
    script: IPSET,
    open: (program: string, run: Run): Backend => createIpsetProcessBackend({ program, run }),
  },
  {
    name: 'nft',
    script: NFT,
    open: (program: string, run: Run): Backend => createNftablesProcessBackend({ program, run }),
  },
])('a hung $name', ({ name, script, open }) => {
  let folder: string;
  let program: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vallum-hung-'));
    program = join(folder, name);
    writeFileSync(program, script);
    chmodSync(program, 0o755);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const within = (deadlineMs: number): Run => {
    return (path, args, options) => systemRun(path, args, { ...options, deadlineMs });
  };

  it('is killed, and each change says so', async () => {
    const backend = open(program, within(300));
    const reports = await backend.apply([add(stuck, '192.0.2.1'), add(stuck, '192.0.2.2')]);
    expect(verdicts(reports)).toEqual(['unavailable', 'unavailable']);
    for (const report of reports) {
      expect(report).toMatchObject({
        detail: expect.stringMatching(/did nothing for 0\.3 s and was killed/),
      });
    }
    await backend.close();
  });

  it('is killed where it lists, and the error says so', async () => {
    const backend = open(program, within(300));
    await expect(listMembers(backend, stuck)).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringContaining('did nothing for 0.3 s'),
    });
    await backend.close();
  });

  it('holds up no other set', async () => {
    const backend = open(program, within(30_000));
    const stalled = backend.apply([add(stuck, '192.0.2.1')]).catch(() => undefined);
    const started = performance.now();
    expect(verdicts(await backend.apply([add(free, '192.0.2.1')]))).toEqual(['applied']);
    expect(performance.now() - started).toBeLessThan(5000);
    await backend.close();
    await stalled;
  });

  it('ends soon when the backend is closed', async () => {
    const backend = open(program, within(30_000));
    const stalled = backend.apply([add(stuck, '192.0.2.1')]);
    const rejected = expect(stalled).rejects.toMatchObject({ code: 'CLOSED' });
    const started = performance.now();
    await backend.close();
    await rejected;
    expect(performance.now() - started).toBeLessThan(5000);
    await expect(backend.apply([add(free, '192.0.2.1')])).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
