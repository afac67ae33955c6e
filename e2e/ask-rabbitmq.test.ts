import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  mustRun,
  startRabbitMq,
  suiteNeeding,
  waitFor,
  type RabbitMq,
  type RunningProcess,
} from '@vallum/test-kit';
import { holds } from './support/kernel-set.js';
import { runVallumPub, startVallumd } from './support/programs.js';

const SECURITY = fileURLToPath(new URL('../docs/security.md', import.meta.url));
const SET = 'blacklist';

suiteNeeding(['ipset', 'rabbitmq'], 'questions over RabbitMQ, under the rules of the guide', () => {
  let broker: RabbitMq;
  let vallumd: RunningProcess;

  const rules = (): string =>
    (readFileSync(SECURITY, 'utf8').match(/^rabbitmqctl set_\w*permissions .*$/gm) ?? []).join(
      '\n',
    );
  const start = () =>
    startVallumd([
      ...['-h', '127.0.0.1', '-p', String(broker.port), '-t', SET, '--node', 'fw1'],
      ...['-u', 'fw1', '-P', 'to fw1'],
    ]);
  const pub = (...args: readonly string[]) =>
    runVallumPub([
      ...[...args, '--set', SET, '-h', '127.0.0.1', '-p', String(broker.port)],
      ...['-u', 'web1', '-P', 'from web1', '--wait', '5'],
    ]);

  beforeAll(async () => {
    await mustRun('ipset', ['create', SET, 'hash:net', 'timeout', '0']);
    broker = await startRabbitMq();
    await broker.control(
      `rabbitmqctl add_user fw1 'to fw1'\nrabbitmqctl add_user web1 'from web1'\n${rules()}`,
    );
    vallumd = await start();
    await vallumd.waitForOutput(/listening to blacklist\/#/);
  }, 120_000);
  afterAll(async () => {
    await vallumd.kill('SIGKILL');
    await broker.stop();
    await mustRun('ipset', ['destroy', SET]);
  });

  it('are answered, though it shows no statuses', async () => {
    const { code, stdout, stderr } = await pub('add', '192.0.2.7', '--confirm');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/banned on 1 of 1 firewall in \d+ ms; the broker does not show/);
    expect((await pub('why', '192.0.2.7')).stdout).toMatch(/^192\.0\.2\.7 is blocked on 1 of 1/);
  }, 60_000);

  it('cost a node that may not answer its connection three times at most', async () => {
    const strict = rules().replace('|vallumd\\.reply\\.[^.]+', '');
    expect(strict).not.toBe(rules());
    await broker.control(strict);
    await waitFor(
      async () => {
        await pub('why', '192.0.2.7', '--wait', '1');
        return /answers none for ten minutes|it answers none/.test(vallumd.output());
      },
      { timeoutMs: 90_000, intervalMs: 500, what: 'the silence of fw1' },
    );
    vallumd.clearOutput();
    expect((await pub('why', '192.0.2.7', '--wait', '1')).code).toBe(68);
    expect((await pub('add', '192.0.2.8')).code).toBe(0);
    await waitFor(() => holds(SET, '192.0.2.8'), { what: 'the ban' });
    expect(vallumd.output()).not.toMatch(/disconnected|lost/);
  }, 180_000);

  it("leave a node alone that knows of the fleet's protect list before the rules do", async () => {
    const before = rules()
      .replace('|vallum\\.protect\\.(add|del|sync|ask)', '')
      .replace('|vallum\\.protect(\\..*)?', '');
    expect(before).not.toMatch(/fw1.*protect/);
    await broker.control(before);
    await vallumd.kill('SIGKILL');
    vallumd = await start();
    await vallumd.waitForOutput(
      /ends the connection when this node reads or writes vallum\/protect\/#|does not let this node listen to vallum\/protect\/#/,
      { timeoutMs: 60_000 },
    );
    expect((await pub('add', '192.0.2.9')).code).toBe(0);
    await waitFor(() => holds(SET, '192.0.2.9'), { timeoutMs: 60_000, what: 'the ban' });
    expect(vallumd.output()).not.toMatch(/speaks to others/);
  }, 180_000);
});
