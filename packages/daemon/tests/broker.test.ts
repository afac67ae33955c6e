import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  freePort,
  mustRun,
  startMosquitto,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type RunningProcess,
} from '@vallum/test-kit';
import { publish, retained, runVallumd, startVallumd, vallumdCommand } from './start-vallumd.js';

const memory = ['--backend', 'memory', '--node', 'fw1'];

function against(port: number, ...more: readonly string[]): string[] {
  return ['-h', '127.0.0.1', '-p', port.toString(), '-t', 'blacklist', ...memory, ...more];
}

async function startReady(args: readonly string[]): Promise<RunningProcess> {
  const vallumd = await startVallumd(args);
  await vallumd.waitForOutput(/listening to blacklist\/#/);
  return vallumd;
}

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'vallumd at a broker', () => {
  it('speaks MQTT 5, bans what arrives, and keeps its session over a stop', async () => {
    const { port, stop } = await startMosquitto();
    let vallumd = await startReady(against(port));
    expect(vallumd.output()).toContain('connected to the broker with MQTT 5');
    await publish(port, 'blacklist/add', '192.0.2.1');
    await vallumd.waitForOutput(/banned 192\.0\.2\.1/);
    expect((await vallumd.kill()).code).toBe(0);

    await publish(port, 'blacklist/add', '192.0.2.2');
    vallumd = await startVallumd(against(port));
    await vallumd.waitForOutput(/continuing the session/);
    await vallumd.waitForOutput(/banned 192\.0\.2\.2/);
    await vallumd.kill();
    await stop();
  });

  it('says on vallumd/<node> that it is there, and that it ended on purpose', async () => {
    const { port, stop, log } = await startMosquitto();
    const vallumd = await startReady(against(port));
    const online = await waitFor(
      async () => {
        const text = await retained(port, 'vallumd/fw1');
        return text.includes('"ready"') ? text : undefined;
      },
      { what: 'the status' },
    );
    expect(JSON.parse(online)).toMatchObject({
      state: 'online',
      node: 'fw1',
      sets: [
        { set: 'blacklist', state: 'ready', bans: 0, pending: 0 },
        { set: 'blacklist6', state: 'ready' },
      ],
    });
    await vallumd.kill('SIGTERM');
    expect(JSON.parse(await retained(port, 'vallumd/fw1'))).toMatchObject({ state: 'stopped' });
    expect(log()).toMatch(/Received DISCONNECT from vallumd-fw1/);
    await stop();
  });

  it('refuses what goes beyond its bounds by name and remedy, counts it, and says once that it does', async () => {
    const { port, stop } = await startMosquitto();
    const bounds = ['--max-leases', '3', '--max-cover', '2/65536'];
    const vallumd = await startReady(against(port, ...bounds));
    await publish(port, 'blacklist/add', '1.0.0.0/16\n1.1.0.0/16\n1.2.0.0/16\n192.0.2.1');
    await vallumd.waitForOutput(
      /refused to ban 1\.2\.0\.0\/16 in blacklist: .*may cover 0 %; --max-cover says/,
    );
    await vallumd.waitForOutput(
      /refused to ban 192\.0\.2\.1 in blacklist: the ledger is full: it holds as many leases as it may; --max-leases raises/,
    );
    await publish(port, 'blacklist/del', '1.0.0.0/16');
    // It counts as a lease no more, and its room is free.
    await vallumd.waitForOutput(/1 added, 0 removed/);
    await publish(port, 'blacklist/add', '1.1.0.0/16 timeout 600');
    await vallumd.waitForOutput(/banned 1\.1\.0\.0\/16 in blacklist until/);
    const lines = Array.from({ length: 200 }, (_, index) => `198.51.100.${String(index)}`);
    await publish(port, 'blacklist/add', lines.join('\n'));
    await vallumd.waitForOutput(
      /200 of 200 entries refused in blacklist \(too-many-leases-in-all\)/,
    );
    expect(
      vallumd.output().match(/what goes beyond it is refused; this is said only once/g),
    ).toHaveLength(1);
    await vallumd.kill();
    await stop();
  });

  it('leaves its last will where it is killed', async () => {
    const { port, stop } = await startMosquitto();
    const vallumd = await startReady(against(port));
    await vallumd.kill('SIGKILL');
    const will = await waitFor(
      async () => {
        const text = await retained(port, 'vallumd/fw1');
        return text.includes('"offline"') ? text : undefined;
      },
      { what: 'the last will' },
    );
    const { connected, since, ...rest } = JSON.parse(will) as Record<string, number>;
    expect(rest).toEqual({ state: 'offline', node: 'fw1', version: expect.any(String) });
    expect(connected! - since!).toBeLessThan(60);
    await stop();
  });

  it('waits for a broker that is not there yet', async () => {
    const port = await freePort();
    const vallumd = await startVallumd(against(port));
    await vallumd.waitForOutput(/warning: not connected to the broker: .*; next attempt in \d+ s/);
    const { stop } = await startMosquitto({ port });
    await vallumd.waitForOutput(/listening to blacklist\/#/, { timeoutMs: 15_000 });
    await publish(port, 'blacklist/add', '192.0.2.1');
    await vallumd.waitForOutput(/banned 192\.0\.2\.1/);
    await vallumd.kill();
    await stop();
  }, 30_000);

  it('says that the password is wrong, and tries again with what the password file holds then', async () => {
    const file = join(temporaryFolder(), 'password');
    await writeFile(file, 'simsalabim\n', { mode: 0o600 });
    const { port, stop } = await startMosquitto({ users: { fw: 'sesame' } });
    const vallumd = await startVallumd(against(port, '-u', 'fw', '--password-file', file));
    await vallumd.waitForOutput(/error: not connected to the broker: /);
    expect(vallumd.output()).not.toContain('simsalabim');
    await writeFile(file, 'sesame\n');
    await vallumd.waitForOutput(/listening to blacklist\/#/, { timeoutMs: 15_000 });
    await vallumd.kill();
    await stop();
  }, 30_000);

  it('works for a user who may do no more than read the topic', async () => {
    const folder = temporaryFolder();
    await chmod(folder, 0o755);
    const acl = join(folder, 'acl');
    await writeFile(acl, 'user fw\ntopic read blacklist/#\nuser pub\ntopic write blacklist/#\n');
    const { port, stop } = await startMosquitto({
      users: { fw: 'a', pub: 'b' },
      config: `acl_file ${acl}`,
    });
    const vallumd = await startReady(against(port, '-u', 'fw', '-P', 'a'));
    await vallumd.waitForOutput(/warning: the broker does not let this node publish its status/);
    await publish(port, 'blacklist/add', '192.0.2.1', '-u', 'pub', '-P', 'b');
    await vallumd.waitForOutput(/banned 192\.0\.2\.1/);
    expect((await vallumd.kill()).code).toBe(0);
    await stop();
  });
});

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'vallumd whose log nobody reads any more', () => {
  it('goes on banning', async () => {
    const { port, stop } = await startMosquitto();
    // head ends after the first line, and every later write meets a broken pipe.
    const place = ['--control', join(temporaryFolder(), 'control.sock')];
    const vallumd = await startProcess('bash', [
      ...['-c', 'exec 2> >(head -n 1 >&2); exec "$@"', 'bash'],
      ...vallumdCommand(against(port, ...place)),
    ]);
    await vallumd.waitForOutput(/starts as fw1/);
    await waitFor(async () => (await retained(port, 'vallumd/fw1')).includes('online'), {
      what: 'the status',
    });
    await publish(port, 'blacklist/add', '192.0.2.1');
    await waitFor(async () => (await runVallumd(['list', ...place])).stdout.includes('192.0.2.1'), {
      timeoutMs: 8_000,
      what: 'the ban',
    });
    expect(vallumd.output()).not.toContain('banned');
    expect((await vallumd.kill()).code).toBe(0);
    await stop();
  }, 20_000);
});

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'SIGHUP', () => {
  it('brings in a new topic and a protected address without a new connection', async () => {
    const { port, stop, log } = await startMosquitto();
    const file = join(temporaryFolder(), 'vallumd.yaml');
    const base = `host: 127.0.0.1\nport: ${port.toString()}\n`;
    await writeFile(file, `${base}topics: [blacklist]\n`);
    const vallumd = await startReady(['--config', file, ...memory]);

    await writeFile(file, `${base}topics: [blacklist, other=o]\nprotect: 192.0.2.1\nnode: x\n`);
    vallumd.signal('SIGHUP');
    await vallumd.waitForOutput(/configuration reloaded, in effect now: topic, protect/);
    await vallumd.waitForOutput(/listening to other\/#/);
    await publish(port, 'other/add', '192.0.2.2');
    await vallumd.waitForOutput(/banned 192\.0\.2\.2 in o /);
    await publish(port, 'blacklist/add', '192.0.2.1');
    await vallumd.waitForOutput(/refused to ban 192\.0\.2\.1 in blacklist/);
    expect(log().match(/New client connected .* as vallumd-fw1 /g)).toHaveLength(1);
    expect((await vallumd.kill()).code).toBe(0);
    await stop();
  });

  it('says what needs a restart, and does it not', async () => {
    const { port, stop } = await startMosquitto();
    const file = join(temporaryFolder(), 'vallumd.yaml');
    const base = `host: 127.0.0.1\ntopics: blacklist\n`;
    await writeFile(file, `${base}port: ${port.toString()}\n`);
    const vallumd = await startReady(['--config', file, ...memory]);
    await writeFile(file, `${base}port: 1\nusername: new\n`);
    vallumd.signal('SIGHUP');
    await vallumd.waitForOutput(
      /warning: port, username: changed in the configuration, and in effect only after a restart/,
    );
    vallumd.clearOutput();
    vallumd.signal('SIGHUP');
    await vallumd.waitForOutput(
      /warning: port, username: changed in the configuration, and in effect only after a restart/,
    );
    await publish(port, 'blacklist/add', '192.0.2.2');
    await vallumd.waitForOutput(/banned 192\.0\.2\.2/);
    await vallumd.kill();
    await stop();
  });

  it('keeps the old configuration where the new one cannot be used', async () => {
    const { port, stop } = await startMosquitto();
    const file = join(temporaryFolder(), 'vallumd.yaml');
    await writeFile(file, `host: 127.0.0.1\nport: ${port.toString()}\ntopics: blacklist\n`);
    const vallumd = await startReady(['--config', file, ...memory]);
    await writeFile(file, 'host: a\nprot: 1\n');
    vallumd.signal('SIGHUP');
    await vallumd.waitForOutput(
      /error: the configuration was not reloaded, the old one stays in effect: there is no key "prot" in .* line 2; did you mean port\?/,
    );
    await publish(port, 'blacklist/add', '192.0.2.2');
    await vallumd.waitForOutput(/banned 192\.0\.2\.2/);
    expect((await vallumd.kill()).code).toBe(0);
    await stop();
  });
});

suiteNeeding(['mosquitto', 'mosquitto-clients', 'ipset'], 'vallumd with kernel sets', () => {
  it('leaves a set as it is when it ends, and adopts it when it starts', async () => {
    const { port, stop } = await startMosquitto();
    const args = [
      ...['-h', '127.0.0.1', '-p', port.toString(), '-t', 'blacklist', '--create'],
      ...['--node', 'fw1', '--state-dir', temporaryFolder()],
    ];
    let vallumd = await startReady(args);
    await publish(port, 'blacklist/add', '192.0.2.1');
    await vallumd.waitForOutput(/banned 192\.0\.2\.1/);
    await vallumd.waitForOutput(/warning: rules blacklist: no rule refers to it/);
    expect((await vallumd.kill()).code).toBe(0);
    expect(await mustRun('ipset', ['list', 'blacklist'])).toContain('192.0.2.1');

    vallumd = await startReady(args);
    await publish(port, 'blacklist/del', '192.0.2.1');
    await vallumd.waitForOutput(/unbanned 192\.0\.2\.1/);
    expect(await mustRun('ipset', ['list', 'blacklist'])).not.toContain('192.0.2.1');
    await vallumd.kill();
    await mustRun('ipset', ['destroy', 'blacklist']);
    await mustRun('ipset', ['destroy', 'blacklist6']);
    await stop();
  });

  it('compares and mends when it is told to, and counts what differed', async () => {
    const { port, stop } = await startMosquitto();
    await mustRun('ipset', ['create', 'blacklist', 'hash:ip']);
    const stateDir = temporaryFolder();
    const vallumd = await startReady([
      ...['-h', '127.0.0.1', '-p', port.toString(), '-t', 'blacklist', '--node', 'fw1'],
      ...['--state-dir', stateDir],
    ]);
    await publish(port, 'blacklist/add', '192.0.2.1');
    await vallumd.waitForOutput(/banned 192\.0\.2\.1/);
    await mustRun('ipset', ['del', 'blacklist', '192.0.2.1']);
    const told = await runVallumd(['reconcile', '--state-dir', stateDir]);
    expect(told).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^blacklist: 1 ban was missing and put in$/m),
    });
    await vallumd.waitForOutput(
      /compared with the ledger: blacklist: 1 ban was missing and put in/,
    );
    expect(await mustRun('ipset', ['list', 'blacklist'])).toContain('192.0.2.1');
    // With the next message to the broker at the latest, and at once where it is asked.
    const { stdout } = await runVallumd(['status', '--json', '--state-dir', stateDir]);
    expect(JSON.parse(stdout)).toMatchObject({ sets: [{ drift: { added: 1, deleted: 0 } }] });
    expect(await runVallumd(['reconcile', '--state-dir', stateDir])).toMatchObject({
      ...{ code: 0, stdout: expect.stringMatching(/^blacklist: it held what it should$/m) },
    });
    await mustRun('ipset', ['destroy', 'blacklist']);
    expect(await runVallumd(['reconcile', '--state-dir', stateDir])).toMatchObject({
      code: 69,
      stdout: expect.stringMatching(
        /^blacklist could not be compared: .*ipset create blacklist/m,
      ) as unknown,
    });
    await vallumd.waitForOutput(/warning: compared with the ledger: blacklist could not be/);
    await vallumd.kill();
    expect(await runVallumd(['reconcile', '--state-dir', stateDir])).toMatchObject({ code: 66 });
    await stop();
  }, 40_000);

  it('says once that a set is missing, and bans when it is there', async () => {
    const { port, stop } = await startMosquitto();
    const vallumd = await startReady([
      ...['-h', '127.0.0.1', '-p', port.toString(), '-t', 'blacklist', '--node', 'fw1'],
    ]);
    await vallumd.waitForOutput(/warning: set blacklist cannot be used: .*ipset create blacklist/);
    await publish(port, 'blacklist/add', '192.0.2.1\n192.0.2.2\n192.0.2.3');
    await vallumd.waitForOutput(/warning: failed to ban 192\.0\.2\.1 in blacklist/);
    await mustRun('ipset', ['create', 'blacklist', 'hash:ip', 'timeout', '0']);
    await vallumd.waitForOutput(/set blacklist is ready/, { timeoutMs: 15_000 });
    await waitFor(
      async () => (await mustRun('ipset', ['list', 'blacklist'])).includes('192.0.2.3'),
      {
        timeoutMs: 5_000,
        what: 'the ban in the kernel set',
      },
    );
    const { stderr } = await vallumd.kill();
    expect(stderr.match(/warning: failed to ban/g)).toHaveLength(1);
    expect(stderr).toContain('2 more like this were not logged');
    await mustRun('ipset', ['destroy', 'blacklist']);
    await stop();
  }, 40_000);
});

suiteNeeding(['mosquitto', 'mosquitto-clients', 'nft'], 'vallumd with sets of nftables', () => {
  it.each(['nftables', 'nftables-process'])(
    'makes table, sets, chain and rules where asked to, and bans there: %s',
    async (backend) => {
      const { port, stop } = await startMosquitto();
      const vallumd = await startReady([
        ...['-h', '127.0.0.1', '-p', port.toString(), '-t', 'blacklist', '--node', 'fw1'],
        ...['--backend', backend, '--nft-table', 'guard', '--create'],
        ...['--state-dir', temporaryFolder()],
      ]);
      await publish(port, 'blacklist/add', '192.0.2.1\n10.20.0.0/16 timeout 600\n2001:db8::1');
      await vallumd.waitForOutput(/banned 2001:db8::1 in blacklist6/);
      await vallumd.waitForOutput(/banned 192\.0\.2\.1 in blacklist/);
      await vallumd.waitForOutput(/banned 10\.20\.0\.0\/16 in blacklist/);
      const rules = await mustRun('nft', ['list', 'table', 'inet', 'guard']);
      for (const text of ['192.0.2.1', '10.20.0.0/16 timeout', '2001:db8::1']) {
        expect(rules).toContain(text);
      }
      expect(rules).toMatch(/\tip saddr @blacklist counter .*drop/);
      expect(rules).toMatch(/\tip6 saddr @blacklist6-net counter .*drop/);
      expect(vallumd.stderr()).not.toContain('no rule refers');

      await publish(port, 'blacklist/del', '10.20.0.0/16');
      await vallumd.waitForOutput(/unbanned 10\.20\.0\.0\/16/);
      expect(await mustRun('nft', ['list', 'table', 'inet', 'guard'])).not.toContain('10.20.0.0');
      await vallumd.kill();
      await mustRun('nft', ['delete', 'table', 'inet', 'guard']);
      await stop();
    },
    30_000,
  );

  it('says what to type where the sets are missing, and makes nothing unasked', async () => {
    const { port, stop } = await startMosquitto();
    const vallumd = await startReady([
      ...['-h', '127.0.0.1', '-p', port.toString(), '-t', 'blacklist', '--node', 'fw1'],
      ...['--backend', 'nftables', '--state-dir', temporaryFolder()],
    ]);
    await vallumd.waitForOutput(
      /set blacklist cannot be used: .*nft 'add set inet vallum blacklist/,
    );
    await publish(port, 'blacklist/add', '192.0.2.1');
    await vallumd.waitForOutput(/failed to ban 192\.0\.2\.1 in blacklist/);
    expect(await mustRun('nft', ['list', 'ruleset'])).toBe('');
    await vallumd.kill();
    await stop();
  }, 30_000);
});
