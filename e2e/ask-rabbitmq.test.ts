import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  freePort,
  mustRun,
  startRabbitMq,
  suiteNeeding,
  temporaryFolder,
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
  // A busy machine's RabbitMQ confirms late; whoever waits for nodes says how long.
  const pub = (...args: readonly string[]) =>
    runVallumPub([
      ...[...args, '--set', SET, '-h', '127.0.0.1', '-p', String(broker.port)],
      ...['-u', 'web1', '-P', 'from web1', ...(args.includes('--wait') ? [] : ['--wait', '30'])],
    ]);

  const spooling = (folder: string) => (words: string, port?: number) =>
    runVallumPub([
      ...[...words.split(' '), '--spool-dir', folder, '-p', String(port ?? broker.port)],
      ...['-h', '127.0.0.1', '-u', 'web1', '-P', 'from web1'],
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

  it('cost nobody a ban that waits behind one that the rules forbid', async () => {
    const folder = join(temporaryFolder(), 'spool');
    const run = spooling(folder);
    const waiting = () => readdirSync(folder).filter((name) => name.endsWith('.msg'));
    const states = () => waiting().map((name) => /-([a-z])-/.exec(name)?.[1]);
    const wrong = await run('add 192.0.2.20 --spool --set wrong --wait 1s');
    expect(wrong.stderr).toMatch(/ended the connection each of \d+ times that something was sent/);
    expect(wrong.stderr).toContain('kept 1 ban');
    expect(wrong.code).toBe(75);
    // As one that was kept while no broker was there to say anything.
    const [name = ''] = waiting();
    renameSync(join(folder, name), join(folder, name.replace('-s-', '-k-')));
    const away = await freePort();
    // By turns, else those of one topic would go in one message.
    for (const ban of ['21 --set blacklist', '22 --set wrong', '23 --set blacklist']) {
      expect((await run(`add 192.0.2.${ban} --spool --wait 1s`, away)).code).toBe(0);
    }
    const flushed = await run('flush --any-broker');
    expect(flushed.stdout).toContain('delivered 2 entries of 2 messages');
    expect(flushed.stderr).toContain('refused 2 messages');
    expect(flushed.code).toBe(77);
    expect(states()).toEqual(['c', 's']);
    await waitFor(() => holds(SET, '192.0.2.23'), { what: 'the ban behind' });

    // Nor do they hold up the next one, whichever call delivers it.
    await run('add 192.0.2.24 --spool --set blacklist --wait 1s', away);
    expect((await run('flush --any-broker')).stdout).toContain('delivered 1 entry of 1 message');
    expect(states()).toEqual(['c', 'c']);
  }, 90_000);

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
    expect(await pub('add', '192.0.2.8')).toMatchObject({ code: 0, stderr: '' });
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
    expect(await pub('add', '192.0.2.9')).toMatchObject({ code: 0, stderr: '' });
    await waitFor(() => holds(SET, '192.0.2.9'), { timeoutMs: 60_000, what: 'the ban' });
    expect(vallumd.output()).not.toMatch(/speaks to others/);
  }, 180_000);
});
