import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
} from '@vallum/test-kit';
import { startMemoryNode, type MemoryNode } from './memory-node.js';
import { vallumPub } from './vallum-pub.js';

/** What `sync` prints with --json. */
interface Result {
  readonly added: readonly string[];
  readonly withdrawn: readonly string[];
  readonly renewed: number;
  readonly before: string;
  readonly messages: readonly string[];
}

suiteNeeding(['mosquitto'], 'vallum-pub sync that remembers nothing', () => {
  let broker: Mosquitto;
  let folder: string;
  let login: readonly string[];
  const nodes: MemoryNode[] = [];

  beforeEach(() => {
    folder = temporaryFolder();
    login = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ vallum }) => vallum.close()));
    await broker.stop();
  });

  const state = () => join(folder, 'state');
  const sync = async (lines: readonly string[], ...more: readonly string[]) => {
    const list = join(folder, 'list.txt');
    await writeFile(list, lines.join('\n'));
    const { code, stdout } = await vallumPub([
      ...['sync', '-f', list, '--set', 'blacklist', '--origin', 'feed', '--state-dir', state()],
      ...['-p', broker.port.toString(), '--json', ...login, ...more],
    ]);
    return { code, ...(JSON.parse(stdout.split('\n').at(-2) ?? '') as Result) };
  };
  const node = async (name: string, username?: string) => {
    const started = await startMemoryNode(broker, name, username);
    nodes.push(started);
    return started;
  };
  const settled = (fw: MemoryNode, expected: readonly string[]) =>
    waitFor(async () => JSON.stringify(await fw.leases()) === JSON.stringify(expected), {
      what: expected.join(', '),
    });

  it('asks the nodes: what they know of and the list has not is withdrawn, what stays is renewed', async () => {
    broker = await startMosquitto();
    const fw1 = await node('fw1');
    expect(await sync(['192.0.2.7', '192.0.2.8', '2001:db8::/48'])).toMatchObject({
      ...{ code: 0, before: 'nodes', messages: [] },
      added: ['192.0.2.7', '192.0.2.8', '2001:db8::/48'],
    });
    await fw1.vallum.ban('192.0.2.9', { origin: 'web1' });
    await rm(state(), { recursive: true });
    expect(await sync(['192.0.2.8', '192.0.2.10', '2001:db8::/48'], '--dry-run')).toMatchObject({
      withdrawn: ['192.0.2.7'],
    });
    expect(await sync(['192.0.2.8', '192.0.2.10', '2001:db8::/48'])).toMatchObject({
      ...{ code: 0, before: 'nodes', added: ['192.0.2.10'], withdrawn: ['192.0.2.7'], renewed: 2 },
      messages: [expect.stringContaining('the nodes know of 3 bans of feed')],
    });
    await settled(fw1, [
      '192.0.2.10 feed',
      '192.0.2.8 feed',
      '192.0.2.9 web1',
      '2001:db8::/48 feed',
    ]);
    expect(await sync(['192.0.2.8', '192.0.2.10', '2001:db8::/48'])).toMatchObject({
      ...{ before: 'state', added: [], withdrawn: [], renewed: 0 },
    });
  }, 60_000);

  it('asks them also where the state is damaged, and refuses a list that is much shorter', async () => {
    broker = await startMosquitto();
    const fw1 = await node('fw1');
    await sync(['192.0.2.7', '192.0.2.8', '192.0.2.9']);
    const [name = ''] = await readdir(state());
    await writeFile(join(state(), name), 'garbage');
    expect(await sync(['192.0.2.7'])).toMatchObject({ code: 79 });
    expect(await sync(['192.0.2.7'], '--force')).toMatchObject({
      ...{ code: 0, before: 'nodes', withdrawn: ['192.0.2.8', '192.0.2.9'] },
    });
    await settled(fw1, ['192.0.2.7 feed']);
  }, 60_000);

  it('begins nothing where no broker is reached, so that the next one asks', async () => {
    broker = await startMosquitto();
    const fw1 = await node('fw1');
    await sync(['192.0.2.7', '192.0.2.8']);
    await rm(state(), { recursive: true });
    await broker.stop();
    const early = await sync(['192.0.2.8'], '--wait', '1');
    expect(early).toMatchObject({ code: 69 });
    expect(early.messages.join()).toContain('the nodes cannot be asked');
    await broker.start();
    await waitFor(() => fw1.vallum.status().connection === 'connected', { what: 'the node' });
    expect(await sync(['192.0.2.8'])).toMatchObject({
      ...{ code: 0, before: 'nodes', withdrawn: ['192.0.2.7'] },
    });
    await settled(fw1, ['192.0.2.8 feed']);
  }, 60_000);

  it('asks under its user name, as the rules of the broker have it', async () => {
    const acl = join(temporaryFolder(), 'acl');
    await writeFile(
      acl,
      'user web1\ntopic write blacklist/add\ntopic write blacklist/del\ntopic write blacklist/ask\n' +
        'topic read vallumd/reply/web1\nuser fw1\ntopic readwrite #\n',
    );
    broker = await startMosquitto({ users: { web1: 'x', fw1: 'x' }, config: `acl_file ${acl}` });
    login = ['-u', 'web1', '-P', 'x'];
    const fw1 = await node('fw1', 'fw1');
    await sync(['192.0.2.7', '192.0.2.8']);
    await rm(state(), { recursive: true });
    expect(await sync(['192.0.2.8'])).toMatchObject({ withdrawn: ['192.0.2.7'] });
    await settled(fw1, ['192.0.2.8 feed']);
    const del = ['del', '--all', '--origin', 'feed', '--set', 'blacklist', ...login];
    expect(await vallumPub([...del, '-p', broker.port.toString()])).toMatchObject({ code: 0 });
    await settled(fw1, []);
  }, 60_000);

  it('says where nobody answers that all counts as new and nothing is withdrawn', async () => {
    const acl = join(temporaryFolder(), 'acl');
    // Somebody listens, and may not answer.
    await writeFile(acl, 'topic readwrite blacklist/#\n');
    broker = await startMosquitto({ config: `acl_file ${acl}` });
    await node('fw1');
    const said = await sync(['192.0.2.7']);
    expect(said).toMatchObject({ code: 0, before: 'nobody', added: ['192.0.2.7'] });
    expect(said.messages.join()).toMatch(
      /nodes could not be asked \(.+\): all of it counts as new.*is not withdrawn but ends with its --ttl/,
    );
  }, 60_000);
});
