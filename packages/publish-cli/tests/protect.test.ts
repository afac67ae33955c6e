import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createMemoryBackend, createVallum, type Vallum } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';
import { startMosquitto, suiteNeeding, temporaryFolder, type Mosquitto } from '@vallum/test-kit';
import { vallumPub } from './vallum-pub.js';

suiteNeeding(['mosquitto'], 'vallum-pub protect', () => {
  let broker: Mosquitto;
  let node: Vallum;
  const protect = (...args: readonly string[]) =>
    vallumPub(['protect', ...args, '-p', broker.port.toString(), '--utc']);
  const open = async () => {
    node = await createVallum({
      topics: ['blacklist'],
      backend: createMemoryBackend(),
      transport: createMqttTransport({ host: '127.0.0.1', port: broker.port }),
      answers: { node: 'fw1' },
      policy: { protectHost: false },
    });
    await new Promise<void>((resolve) => {
      node.on('subscription', (filter) => {
        if (filter === 'vallum/protect/#') resolve();
      });
    });
  };

  beforeAll(async () => {
    broker = await startMosquitto();
  }, 30_000);
  afterAll(async () => {
    await node.close();
    await broker.stop();
  });

  it('says that nobody listens, and that nobody answers, where no node keeps the list', async () => {
    const added = await protect('add', '198.51.100.7');
    expect(added).toMatchObject({ code: 67, stdout: '' });
    expect(added.stderr).toMatch(/nobody listens to vallum\/protect\/add: .* took 1 entry/);
    const listed = await protect('list');
    expect(listed).toMatchObject({ code: 68, stdout: '' });
    expect(listed.stderr).toContain('no node answered on vallum/protect');
    await open();
  }, 30_000);

  it('adds, lists and deletes, and refuses what is too wide', async () => {
    expect(await protect('list')).toMatchObject({
      ...{ code: 0, stdout: "the fleet's protect list is empty\n" },
    });
    const until = ['--until', '1893456000', '--origin', 'admin.alice'];
    const added = await protect('add', '198.51.100.0/24', '2001:db8::7', '10.0.0.0/8', ...until);
    expect(added).toMatchObject({
      code: 65,
      stdout: expect.stringMatching(/^sent 2 entries to vallum\/protect\/add, until 2030-01-01/),
      stderr: expect.stringContaining(
        '"10.0.0.0/8": too wide: nothing wider than /16 (IPv6 /32) can be protected',
      ),
    });
    expect(await protect('add', '192.0.2.1', '--reason', 'the "office" \u001b[31m')).toMatchObject({
      code: 64,
    });
    const told = await protect('add', '192.0.2.1', '--reason', 'the office', '--json');
    expect(told).toMatchObject({ code: 0, stderr: '' });
    const one = { entries: 1, messages: 1 };
    const none = { entries: 0, messages: 0 };
    expect(JSON.parse(told.stdout)).toEqual({
      ...{
        result: 'ok',
        action: 'protect add',
        set: 'vallum/protect',
        topic: 'vallum/protect/add',
      },
      ...{ broker: `localhost:${broker.port.toString()}`, qos: 1, mqtt: '5' },
      ...{ confirmed: one, unheard: none, unconfirmed: none, duplicates: 0 },
      ...{ bad: 0, rejections: [], messages: [], milliseconds: expect.any(Number) },
    });
    expect(await protect('list')).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: [
        'address          who          until                    why',
        '192.0.2.1        (anonymous)  for ever                 the office',
        '198.51.100.0/24  admin.alice  2030-01-01 00:00:00 UTC',
        '2001:db8::7      admin.alice  2030-01-01 00:00:00 UTC',
        '3 entries',
        '',
      ].join('\n'),
    });
    const { stdout } = await protect('list', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      result: 'ok',
      entries: [
        { address: '192.0.2.1', origin: '', until: 'never', reason: 'the office' },
        { address: '198.51.100.0/24', origin: 'admin.alice', until: 1_893_456_000 },
        { address: '2001:db8::7' },
      ],
    });
    // Another's is another's.
    await protect('del', '198.51.100.0/24', '--origin', 'admin.bob');
    expect((await protect('list')).stdout).toContain('198.51.100.0/24');
    const gone = await protect('del', '198.51.100.0/24', '192.0.2.1', '2001:db8::7', '--json');
    expect(JSON.parse(gone.stdout)).toMatchObject({
      ...{ result: 'ok', action: 'protect del', topic: 'vallum/protect/del' },
      confirmed: { entries: 3, messages: 1 },
    });
    expect((await protect('list')).stdout).toMatch(/is empty/);
  }, 60_000);

  it('says in the list what nodes hold and do not honour', async () => {
    // No `vallum-pub` would send it.
    const transport = createMqttTransport({ host: '127.0.0.1', port: broker.port });
    transport.open({ message: () => Promise.resolve(), connection: () => undefined });
    const payload = '10.0.0.0/8 origin admin.alice\n192.0.2.1 origin admin.alice';
    await transport.publish({ topic: 'vallum/protect/add', payload });
    expect((await protect('list')).stdout).toMatch(
      /^10\.0\.0\.0\/8 +admin\.alice +not in force\n192\.0\.2\.1 +admin\.alice +for ever$/m,
    );
    const { stdout } = await protect('list', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      entries: [{ inForce: false }, expect.not.objectContaining({ inForce: false })],
    });
    const topic = 'vallum/protect/del';
    await transport.publish({ topic, payload: '10.0.0.0/8\n192.0.2.1' });
    await transport.close();
  }, 60_000);

  it('lists more than fits into an answer', async () => {
    const addresses = Array.from(
      { length: 2_500 },
      (_, n) => `198.51.${String(n >> 8)}.${String(n & 255)}`,
    );
    const file = join(temporaryFolder(), 'list');
    writeFileSync(file, addresses.join('\n'));
    expect(await protect('add', '-f', file, '--reason', 'x'.repeat(256), '--quiet')).toMatchObject({
      ...{ code: 0, stdout: '', stderr: '' },
    });
    const { stdout } = await protect('list', '--json');
    const { entries } = JSON.parse(stdout) as { entries: { address: string }[] };
    expect(entries.map(({ address }) => address)).toEqual(addresses);
    await protect('del', '-f', file, '--quiet');
  }, 60_000);

  it('is of use only with what it knows', async () => {
    for (const [args, said] of [
      [[], /say what to do: vallum-pub protect add ADDRESS, del ADDRESS or list/],
      [['remove', '192.0.2.1'], /, not "remove"/],
      [['add'], /say which addresses: vallum-pub protect add 198\.51\.100\.0\/24/],
      [['add', '192.0.2.1', '--set', 'blacklist'], /protect takes no --set/],
      [['del', '192.0.2.1', '--reason', 'x'], /del takes no .*--reason/],
      [['list', '192.0.2.1'], /takes no addresses/],
    ] as const) {
      const result = await protect(...args);
      expect(result).toMatchObject({ code: 64, stdout: '' });
      expect(result.stderr).toMatch(said);
      expect(result.stderr).toMatch(/ \(vallum-pub protect --help\)\n$/);
    }
    expect(await vallumPub(['protect', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: vallum-pub protect add/),
    });
  }, 60_000);
});
