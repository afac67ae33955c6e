import { beforeAll, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  freePort,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
} from '@vallum/test-kit';
import { startMemoryNode } from './memory-node.js';
import { vallumPub } from './vallum-pub.js';

suiteNeeding(['mosquitto'], 'vallum-pub del --all', () => {
  let broker: Mosquitto;
  let port: string;
  const del = (origin: string, ...more: readonly string[]) =>
    vallumPub(['del', '--all', '--origin', origin, '--set', 'blacklist', '-p', port, ...more]);

  beforeAll(async () => {
    broker = await startMosquitto();
    port = broker.port.toString();
  }, 30_000);

  it('says that nothing could be found out where no node answers, and ends with 68', async () => {
    const result = await del('web1.sshd');
    expect(result).toMatchObject({ code: 68, stdout: '' });
    expect(result.stderr).toContain('no node answered on blacklist');
  }, 20_000);

  it('tells a broker that is away (69) from one that refuses (77)', async () => {
    const nobody = await del('web1.sshd', '-p', String(await freePort()), '--wait', '1s');
    expect(nobody).toMatchObject({ code: 69, stdout: '' });
    expect(nobody.stderr).toContain('could not be found out');
    const guarded = await startMosquitto({ users: { web1: 'open sesame' } });
    const refused = await del('web1.sshd', '-p', guarded.port.toString(), '-u', 'mallory');
    expect(refused).toMatchObject({ code: 77, stdout: '' });
  }, 20_000);

  it('lifts what the origin has banned, and leaves what others have', async () => {
    const { vallum: node, leases } = await startMemoryNode(broker, 'fw1');
    try {
      const own = Array.from(
        { length: 1_500 },
        (_, n) => `203.0.${String(100 + (n >> 8))}.${String(n & 255)}`,
      );
      await node.ban(own, { origin: 'web1.sshd' });
      await node.ban(['198.51.100.1', own[7] ?? ''], { origin: 'web2.sshd' });
      expect(await del('web1.sshd')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('sent 1,500 unbans'),
      });
      await waitFor(async () => (await leases()).length === 2, { what: 'the unbans' });
      expect(await leases()).toEqual(
        [`198.51.100.1 web2.sshd`, `${own[7] ?? ''} web2.sshd`].sort(),
      );
      expect((await del('web1.sshd')).stdout).toContain('nothing to send');
    } finally {
      await node.close();
    }
  }, 60_000);

  it('lifts also what waits in the spool, whenever that is delivered', async () => {
    const { vallum: node, leases } = await startMemoryNode(broker, 'fw2');
    const folder = join(temporaryFolder(), 'spool');
    const spool = ['--spool', '--spool-dir', folder];
    const waiting = () => readdirSync(folder).filter((name) => name.endsWith('.msg'));
    try {
      const away = ['-p', String(await freePort()), '--wait', '1s', '--set', 'blacklist', ...spool];
      await vallumPub(['add', '198.51.100.7', '2001:db8::7', '--origin', 'web1.sshd', ...away]);
      await vallumPub(['add', '198.51.100.8', '--origin', 'web2.sshd', ...away]);
      await vallumPub(['add', '198.51.100.9', '--origin', 'web1.sshd', ...away, '--set', 'other']);
      await node.ban(['203.0.113.7'], { origin: 'web1.sshd' });
      const lifted = await del('web1.sshd', ...spool);
      expect(lifted.code).toBe(0);
      expect(lifted.stdout).toContain('sent 3 unbans');
      expect(waiting()).toHaveLength(3);
      await vallumPub(['flush', '--any-broker', '-p', port, '--spool-dir', folder]);
      await waitFor(async () => (await leases()).includes('198.51.100.8 web2.sshd'), {
        what: 'what waited',
      });
      expect((await leases()).filter((lease) => lease.endsWith('web1.sshd'))).toEqual([]);
    } finally {
      await node.close();
    }
  }, 60_000);
});
