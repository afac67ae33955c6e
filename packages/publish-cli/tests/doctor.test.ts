import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { freePort, startMosquitto, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import type { Finding } from '@vallum/doctor';
import { startFakeNode } from './fake-node.js';
import { subscribe, vallumPub } from './vallum-pub.js';

async function doctor(...args: readonly string[]) {
  const none = ['--config', await emptyConfig()];
  const given = args.includes('--config') ? [] : none;
  const { code, stdout, stderr } = await vallumPub(['doctor', '--json', ...given, ...args]);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return {
    ...{ code, stderr, stdout },
    trouble: findings
      .filter(({ level }) => level !== 'ok')
      .map(({ level, check }) => `${level} ${check}`),
  };
}

async function emptyConfig(): Promise<string> {
  const path = join(temporaryFolder(), 'vallum-pub.yaml');
  await writeFile(path, '');
  return path;
}

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'vallum-pub doctor', () => {
  it('finds nothing wrong where bans get through, and bans nobody to find out', async () => {
    const broker = await startMosquitto();
    const node = await startFakeNode({ port: broker.port, name: 'fw1' });
    const subscriber = await subscribe(broker, '%t %p %r');
    const found = await doctor(
      '-h',
      'localhost',
      '-p',
      broker.port.toString(),
      '--set',
      'blacklist',
    );
    expect(found).toMatchObject({ code: 0, trouble: [], stderr: '' });
    const { stdout } = await vallumPub([
      ...['doctor', '-h', 'localhost', '-p', broker.port.toString(), '--set', 'blacklist'],
      ...['--config', await emptyConfig()],
    ]);
    expect(stdout).toMatch(/^\d+ ok \(-v lists them\)\n$/);
    await subscriber.waitForOutput(/^blacklist\/add \[\] 0$/m);
    await subscriber.kill();
    const args = ['-p', broker.port.toString(), '--set', 'blacklist', '-v'];
    const { stdout: all } = await vallumPub(['doctor', ...args, '--config', await emptyConfig()]);
    expect(all).toMatch(/1 node answered in \d+ ms: fw1/);
    await node.close();
    await broker.stop();
  });

  it('warns where nobody answers although somebody listens, and does not know where it may not ask', async () => {
    const acl = join(temporaryFolder(), 'acl');
    await writeFile(acl, 'topic readwrite #\n');
    const broker = await startMosquitto({ config: `acl_file ${acl}` });
    const subscriber = await subscribe(broker, '%t');
    const at = ['-h', 'localhost', '-p', broker.port.toString(), '--set', 'blacklist'];
    expect(await doctor(...at)).toMatchObject({ code: 1, trouble: ['warning answers'] });
    await subscriber.kill();
    await writeFile(acl, 'topic read #\ntopic write blacklist/add\n');
    await broker.restart();
    const again = await subscribe(broker, '%t');
    const found = await doctor(...at);
    expect(found).toMatchObject({ code: 3, trouble: ['unknown answers'] });
    expect(found.stdout).toContain('mosquitto acl_file: topic write blacklist/ask');
    await again.kill();
    await broker.stop();
  });

  it('finds that nobody listens, as where the name of the set has a slip', async () => {
    const broker = await startMosquitto();
    const at = ['-h', 'localhost', '-p', broker.port.toString()];
    expect(await doctor(...at, '--set', 'blakclist')).toMatchObject({
      ...{ code: 1, trouble: ['warning publish'] },
    });
    await broker.stop();
  });

  it('finds that a topic may not be published', async () => {
    const acl = join(temporaryFolder(), 'acl');
    await writeFile(acl, 'topic write elsewhere/#\n');
    const broker = await startMosquitto({ config: `acl_file ${acl}` });
    const at = ['-h', 'localhost', '-p', broker.port.toString()];
    expect(await doctor(...at, '--set', 'blacklist')).toMatchObject({
      ...{ code: 2, trouble: ['critical publish'] },
    });
    // Allowed, and nobody is there.
    expect(await doctor(...at, '--set', 'blacklist', '-t', 'elsewhere')).toMatchObject({ code: 1 });
    expect(await doctor(...at)).toMatchObject({ code: 3, trouble: ['unknown publish'] });
    await broker.stop();
  });

  it('finds a wrong password, and a configuration file that everybody can read', async () => {
    const broker = await startMosquitto({ users: { web: 'right' } });
    const config = join(temporaryFolder(), 'vallum-pub.yaml');
    await writeFile(
      config,
      `host: localhost\nport: ${broker.port}\nusername: web\npassword: wrong\n`,
    );
    await chmod(config, 0o644);
    const wrong = await doctor('--config', config, '--set', 'blacklist');
    expect(wrong).toMatchObject({ code: 2, trouble: ['critical credentials', 'warning secret'] });
    expect(wrong.stdout).not.toContain('wrong');
    await chmod(config, 0o600);
    await writeFile(
      config,
      `host: localhost\nport: ${broker.port}\nusername: web\npassword: right\n`,
    );
    expect(await doctor('--config', config, '--set', 'blacklist')).toMatchObject({
      ...{ code: 1, trouble: ['warning publish'] },
    });
    await broker.stop();
  });

  it('finds a broker that is away, and options that cannot be used', async () => {
    const port = await freePort();
    const away = await doctor('-h', '127.0.0.1', '-p', port.toString(), '--set', 'blacklist');
    expect(away).toMatchObject({ code: 2, trouble: ['critical broker'] });
    const unusable = { code: 2, trouble: ['critical configuration'] };
    expect(await doctor('--config', '/nonexistent')).toMatchObject(unusable);
    expect(await doctor('--set', 'a/#')).toMatchObject(unusable);
  });

  it('has a help of its own, and stands in the other', async () => {
    expect((await vallumPub(['doctor', '--help'])).stdout).toMatch(/vallum-pub doctor --set SET/);
    expect((await vallumPub(['--help'])).stdout).toMatch(/vallum-pub doctor --set SET/);
  });
});
