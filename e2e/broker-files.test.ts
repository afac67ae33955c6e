import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import {
  freePort,
  mustRun,
  runProcess,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  type ProcessOptions,
} from '@vallum/test-kit';

const root = fileURLToPath(new URL('..', import.meta.url));
const vallumd = join(root, 'packages/daemon/bin/vallumd.js');
const vallumPub = join(root, 'packages/publish-cli/bin/vallum-pub.js');

function run(program: string, args: readonly string[], options: ProcessOptions = {}) {
  // Nothing is kept on the tester's machine.
  const env = { VALLUM_SPOOL: 'false', ...options.env };
  return runProcess(process.execPath, [program, ...args], { ...options, env });
}

/** Every file with its mode and content; folders by their mode. */
function everything(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const stats = statSync(join(folder, name));
      const mode = (stats.mode & 0o777).toString(8);
      return [name, stats.isFile() ? `${mode} ${readFileSync(join(folder, name), 'utf8')}` : mode];
    }),
  );
}

const modes = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.split(' ', 1)[0]]));

/** As the printed commands bring it there; Mosquitto reads them as its own user. */
async function bringToBroker(output: string, brokerFolder: string): Promise<string> {
  mkdirSync(brokerFolder, { recursive: true });
  cpSync(join(output, 'broker'), brokerFolder, { recursive: true });
  const files = ['broker.key', 'passwords', 'acl'].map((file) => join(brokerFolder, file));
  const group = await runProcess('id', ['-g', 'mosquitto']);
  try {
    for (const file of files) {
      chownSync(file, -1, Number(group.stdout.trim()));
      chmodSync(file, 0o640);
    }
    return '';
  } catch {
    // In a namespace that knows this user alone.
    return 'user root\n';
  }
}

suiteNeeding(['openssl', 'mosquitto', 'mosquitto-clients'], 'vallumd broker-files', () => {
  it('makes what a Mosquitto, nodes and publishers work with, and adds a machine later', async () => {
    const port = await freePort();
    const world = temporaryFolder();
    chmodSync(world, 0o755);
    const [output, brokerFolder] = [join(world, 'fleet'), join(world, 'etc')];
    const common = ['broker-files', '--broker', 'localhost,127.0.0.1', '--port', port.toString()];
    const where = ['--broker-folder', brokerFolder, '--output', output];
    const first = ['--nodes', 'fw1,both', '--publishers', 'web1', '--publishers', 'both'];
    const made = await run(vallumd, [...common, ...first, ...where]);
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toContain(`scp ${output}/machines/fw1/* root@fw1:/etc/vallum/`);
    const before = everything(output);
    expect(modes(before)).toMatchObject({
      ...{ 'ca.key': '600', 'ca.pem': '644', broker: '700', 'broker/broker.key': '600' },
      ...{ 'broker/passwords': '600', 'broker/acl': '600', 'machines/fw1': '700' },
      ...{ 'machines/fw1/mqtt-password': '600', 'machines/both/vallum-pub.yaml': '644' },
    });
    const again = await run(vallumd, [...common, ...first, ...where]);
    expect(again.stdout).toMatch(/Everything is there.*nothing was changed/);
    expect(everything(output)).toEqual(before);
    // No secret but where it belongs.
    const password = readFileSync(join(output, 'machines/fw1/mqtt-password'), 'utf8').trim();
    const holders = Object.entries(before).filter(([, text]) => text.includes(password));
    expect(holders.map(([name]) => name)).toEqual(['machines/fw1/mqtt-password']);
    expect(made.stdout).not.toContain(password);

    const head = await bringToBroker(output, brokerFolder);
    const conf = join(world, 'mosquitto.conf');
    writeFileSync(conf, head + readFileSync(join(brokerFolder, 'vallum.conf'), 'utf8'));
    const broker = await startProcess('mosquitto', ['-v', '-c', conf]);
    await broker.waitForOutput(/mosquitto version \S+ running/);

    const at = (name: string, file: string) => join(output, 'machines', name, file);
    const daemon = (name: string) => [
      ...['--config', at(name, 'vallumd.yaml'), '--password-file', at(name, 'mqtt-password')],
      ...['--backend', 'memory'],
    ];
    const ban = (name: string, file: string, address: string) =>
      run(vallumPub, [
        ...['add', address, '--wait', '5s', '--config', file],
        ...['--password-file', at(name, 'mqtt-password')],
      ]);
    const fw1 = await startProcess(process.execPath, [vallumd, ...daemon('fw1')]);
    await fw1.waitForOutput(/listening to blacklist\/#/);
    expect(await ban('web1', at('web1', 'vallum-pub.yaml'), '192.0.2.1')).toMatchObject({
      code: 0,
    });
    await fw1.waitForOutput(/banned 192\.0\.2\.1/);
    expect(await ban('both', at('both', 'vallum-pub.yaml'), '192.0.2.2')).toMatchObject({
      code: 0,
    });
    await fw1.waitForOutput(/banned 192\.0\.2\.2/);
    expect(fw1.output()).not.toMatch(/forbidden|refused/);

    // A publisher may not speak as a node, and nobody comes in with another's password.
    const asWeb1 = [
      ...['-h', 'localhost', '-p', port.toString(), '--cafile', join(output, 'ca.pem')],
      ...['-u', 'web1', '-P', readFileSync(at('web1', 'mqtt-password'), 'utf8').trim()],
    ];
    await mustRun('mosquitto_pub', [...asWeb1, '-q', '1', '-t', 'blacklist/sync', '-m', '{}']);
    await broker.waitForOutput(/Denied PUBLISH from .*'blacklist\/sync'/);
    const thief = await ban('fw1', at('web1', 'vallum-pub.yaml'), '192.0.2.3');
    expect(thief.code).not.toBe(0);

    const more = await run(vallumd, [...common, '--nodes', 'fw3', ...where]);
    expect(more.code).toBe(0);
    expect(more.stdout).not.toContain('root@fw1');
    const after = everything(output);
    const changed = Object.keys(after)
      .filter((name) => after[name] !== before[name])
      .sort();
    expect(changed).toEqual([
      ...['broker/acl', 'broker/passwords', 'machines/fw3', 'machines/fw3/ca.pem'],
      ...['machines/fw3/mqtt-password', 'machines/fw3/vallumd.yaml'],
    ]);
    for (const file of ['broker/acl', 'broker/passwords']) {
      expect(after[file]?.startsWith(before[file] ?? '?')).toBe(true);
    }
    await bringToBroker(output, brokerFolder);
    broker.signal('SIGHUP');
    const fw3 = await startProcess(process.execPath, [vallumd, ...daemon('fw3')]);
    await fw3.waitForOutput(/listening to blacklist\/#/);
    await fw3.waitForOutput(/banned 192\.0\.2\.1/);

    const doctor = await run(vallumd, ['doctor', ...daemon('fw3'), '--json']);
    const { findings } = JSON.parse(doctor.stdout) as {
      findings: { level: string; check: string; detail?: string; message?: string }[];
    };
    // Sets in memory drop no packet, and no process is seen from here; everything else has to be well.
    const bad = findings.filter(
      ({ level, check }) => level !== 'ok' && !['backend', 'daemon'].includes(check),
    );
    expect(bad).toEqual([]);
    expect((await fw3.kill()).code).toBe(0);
    expect((await fw1.kill()).code).toBe(0);
    await broker.kill();
  }, 60_000);

  it('makes certificates for machines too, without which nobody comes in', async () => {
    const port = await freePort();
    const output = join(temporaryFolder(), 'fleet');
    const brokerFolder = join(output, 'broker');
    const made = await run(vallumd, [
      ...['broker-files', '--broker', 'localhost', '--port', port.toString(), '--output', output],
      ...['--publishers', 'web1', '--topics', 'site/a/x=sshd', '--client-certificates'],
      ...['--broker-folder', brokerFolder],
    ]);
    expect(made.stderr).toBe('');
    const conf = join(output, 'test.conf');
    writeFileSync(
      conf,
      `${process.getuid?.() === 0 ? 'user root\n' : ''}${readFileSync(join(brokerFolder, 'vallum.conf'), 'utf8')}`,
    );
    const broker = await startProcess('mosquitto', ['-c', conf]);
    await broker.waitForOutput(/mosquitto version \S+ running/);
    const machine = join(output, 'machines/web1');
    const ban = [
      'add',
      '192.0.2.1',
      '--wait',
      '3s',
      '--password-file',
      join(machine, 'mqtt-password'),
    ];
    const withCertificate = await run(vallumPub, [
      ...ban,
      '--config',
      join(machine, 'vallum-pub.yaml'),
    ]);
    // 67: the broker has it, and no node listens.
    expect([0, 67]).toContain(withCertificate.code);
    expect(withCertificate.stdout + withCertificate.stderr).toContain('site/a/x/add');
    const yaml = readFileSync(join(machine, 'vallum-pub.yaml'), 'utf8');
    writeFileSync(join(machine, 'other.yaml'), yaml.replace(/^(cert|key)-file.*\n/gm, ''));
    const without = await run(vallumPub, [...ban, '--config', join(machine, 'other.yaml')]);
    expect([0, 67]).not.toContain(without.code);
    await broker.kill();
  }, 30_000);

  it('names the broker in its certificate by names and addresses, and renews it with the same key', async () => {
    const output = join(temporaryFolder(), 'fleet');
    const args = ['broker-files', '--broker', 'b.example,2001:db8::1,192.0.2.9', '--nodes', 'fw1'];
    expect((await run(vallumd, [...args, '-o', output])).code).toBe(0);
    const at = (file: string) => join(output, file);
    const look = ['x509', '-in', at('broker/broker.pem'), '-noout', '-ext', 'subjectAltName'];
    const before = await mustRun('openssl', look);
    expect(before).toMatch(
      /DNS:b\.example, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:192\.0\.2\.9/,
    );
    await mustRun('openssl', ['verify', '-CAfile', at('ca.pem'), at('broker/broker.pem')]);
    const key = readFileSync(at('broker/broker.key'), 'utf8');
    await mustRun('rm', [at('broker/broker.pem')]);
    expect((await run(vallumd, [...args, '-o', output])).code).toBe(0);
    await mustRun('openssl', ['verify', '-CAfile', at('ca.pem'), at('broker/broker.pem')]);
    expect(readFileSync(at('broker/broker.key'), 'utf8')).toBe(key);
  });

  it('refuses where others could change what it makes', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'open'));
    chmodSync(join(folder, 'open'), 0o777);
    symlinkSync('/nowhere', join(folder, 'link'));
    for (const output of ['open', 'open/below', 'link']) {
      const args = ['broker-files', '--broker', 'b', '--nodes', 'fw1', '-o', join(folder, output)];
      const { code, stderr } = await run(vallumd, args);
      expect([output, code === 77 || code === 69, stderr]).toEqual([
        ...[output, true, expect.stringMatching(/^vallumd broker-files: /)],
      ]);
    }
    expect(readdirSync(join(folder, 'open'))).not.toContain('ca.key');
  });
});

suiteNeeding(['openssl'], 'the guides', () => {
  it('show the access rules and the configuration that broker-files makes', async () => {
    const output = join(temporaryFolder(), 'fleet');
    const machines = [
      ...['--nodes', 'fw1,keeper', '--publishers', 'web1', '--administrators', 'alice'],
    ];
    await run(vallumd, ['broker-files', '--broker', 'broker.example', ...machines, '-o', output]);
    const made = (file: string) => readFileSync(join(output, 'broker', file), 'utf8');
    const page = (name: string) => readFileSync(join(root, name), 'utf8');
    const [fw1 = '', keeper = '', web1 = '', alice = ''] = made('acl').trim().split('\n\n');
    expect(page('docs/security.md')).toContain(`\n${[fw1, keeper, web1, alice].join('\n\n')}\n`);
    expect(page('README.md')).toContain(`\n${fw1}\n\n${web1}\n`);
    const conf = `\n${made('vallum.conf')}\`\`\``;
    for (const name of ['docs/security.md', 'docs/broker.md']) expect(page(name)).toContain(conf);
  });
});

suiteNeeding(
  ['openssl', 'mosquitto', 'mosquitto-clients', 'bash'],
  'the guide to a broker, by hand',
  () => {
    it('makes a broker that lets its machines in, and nobody else', async () => {
      const port = await freePort();
      const world = temporaryFolder();
      chmodSync(world, 0o755);
      const guide = readFileSync(join(root, 'docs/broker.md'), 'utf8');
      const byHand = guide.slice(guide.indexOf('## By hand'), guide.indexOf('## Does it work?'));
      const here = (text: string) =>
        text
          .replaceAll('/etc/mosquitto', join(world, 'mosquitto'))
          .replaceAll('broker.example', 'localhost')
          .replaceAll('8883', port.toString());
      const [make = '', permit = ''] = [...byHand.matchAll(/^```sh\n(.*?)^```$/gms)].map(
        ([, text]) => here(text ?? ''),
      );
      const conf = here(/^```\n(listener .*?)^```$/ms.exec(byHand)?.[1] ?? '');
      await mustRun('bash', ['-e'], { input: make });
      const folder = join(world, 'mosquitto/vallum');
      const rules = readFileSync(join(root, 'docs/security.md'), 'utf8');
      writeFileSync(
        join(folder, 'acl'),
        /^# \/etc\/mosquitto\/vallum\/acl\n(.*?)^```$/ms.exec(rules)?.[1] ?? '',
      );
      expect(readFileSync(join(folder, 'passwords'), 'utf8')).toMatch(
        /^fw1:\$7\$.*\nweb1:\$7\$.*\n$/,
      );

      // In a namespace that knows this user alone Mosquitto cannot become another.
      const group = await runProcess('bash', ['-c', `chgrp mosquitto ${join(folder, 'acl')}`]);
      const head = group.code === 0 ? '' : 'user root\n';
      const lines = permit.replace(/^systemctl.*\n/m, '');
      await mustRun('bash', ['-e'], {
        input: group.code === 0 ? lines : lines.replace(/^chgrp.*\n/m, ''),
      });
      writeFileSync(join(world, 'mosquitto.conf'), head + conf);
      const broker = await startProcess('mosquitto', ['-c', join(world, 'mosquitto.conf')]);
      await broker.waitForOutput(/mosquitto version \S+ running/);

      const connection = ['-h', 'localhost', '-p', port.toString(), '-c', join(folder, 'ca.pem')];
      const login = (name: string) => [
        ...[...connection, '-u', name, '--password-file', join(folder, `${name}.password`)],
      ];
      const fw1 = await startProcess(process.execPath, [
        ...[vallumd, ...login('fw1'), '--node', 'fw1', '-t', 'blacklist', '--backend', 'memory'],
      ]);
      await fw1.waitForOutput(/listening to blacklist\/#/);
      const ban = ['add', '192.0.2.1', '--set', 'blacklist', '--wait', '5s'];
      expect(await run(vallumPub, [...ban, ...login('web1')])).toMatchObject({ code: 0 });
      await fw1.waitForOutput(/banned 192\.0\.2\.1/);
      expect((await run(vallumPub, [...ban, ...connection])).code).not.toBe(0);
      expect((await fw1.kill()).code).toBe(0);
      await broker.kill();
    }, 30_000);
  },
);

describe('vallumd broker-files without openssl', () => {
  it('says what is missing', async () => {
    const output = join(temporaryFolder(), 'fleet');
    const args = ['broker-files', '--broker', 'b', '--nodes', 'fw1', '-o', output];
    const { code, stderr } = await run(vallumd, args, { env: { PATH: '/nowhere' } });
    expect([code, stderr]).toEqual([69, expect.stringMatching(/openssl is not installed/)]);
  });

  it.each([
    [['--nodes', 'fw1', '-o', 'x'], 'no broker is named'],
    [['--broker', 'b', '-o', 'x'], 'no machine is named'],
    [['--broker', 'b', '--nodes', 'fw1'], 'no folder is named'],
    [['--broker', 'b', '--nodes', '../etc', '-o', 'x'], 'the name "../etc"'],
    [['--broker', 'b', '--nodes', 'a b', '-o', 'x'], 'the name "a b"'],
    [['--broker', 'b;reboot', '--nodes', 'a', '-o', 'x'], 'no name and no address'],
    [['--broker', 'b', '--nodes', 'a', '--topics', 'a/#', '-o', 'x'], 'the topic "a/#"'],
  ])('refuses %j', async (args, expected) => {
    const { code, stderr } = await run(vallumd, ['broker-files', ...args]);
    expect([code, stderr]).toEqual([64, expect.stringContaining(expected)]);
  });
});
