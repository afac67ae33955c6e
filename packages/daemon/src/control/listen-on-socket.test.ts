import { once } from 'node:events';
import { existsSync, lstatSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runProcess, startProcess, temporaryFolder, testNeeding } from '@vallum/test-kit';
import { listenOnSocket, type ControlSocket } from './listen-on-socket.js';

const open: ControlSocket[] = [];
afterEach(async () => {
  for (const socket of open.splice(0)) await socket.close();
});

async function listen(path: string, groupFile?: string): Promise<ControlSocket> {
  const socket = await listenOnSocket(path, (connection) => connection.end('hello'), groupFile);
  open.push(socket);
  return socket;
}

describe('the control socket', () => {
  it('is for its user and its group, takes its file away, and makes its folder', async () => {
    const path = join(temporaryFolder(), 'run', 'control.sock');
    const socket = await listen(path);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(statSync(join(path, '..')).mode & 0o007).toBe(0);
    await socket.close();
    expect(existsSync(path)).toBe(false);
  });

  it('replaces one that a killed process left behind', async () => {
    const path = join(temporaryFolder(), 'control.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const killed = await startProcess(process.execPath, ['-e', script]);
    await killed.waitForOutput(/up/);
    await killed.kill('SIGKILL');
    expect(existsSync(path)).toBe(true);
    await listen(path);
    const client = connect(path).setEncoding('utf8');
    expect(await once(client, 'data')).toEqual(['hello']);
  });

  it('replaces a link that an earlier start left, which leads nowhere', async () => {
    const path = join(temporaryFolder(), 'control.sock');
    symlinkSync(join(path, '..', 'elsewhere.sock'), path);
    await listen(path);
    const client = connect(path).setEncoding('utf8');
    expect(await once(client, 'data')).toEqual(['hello']);
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  it('is not put in the place of a link to a file that is no socket', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'precious'), 'data');
    symlinkSync(join(folder, 'precious'), join(folder, 'link'));
    await expect(listen(join(folder, 'link'))).rejects.toThrow(/link cannot be made/);
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
  });

  it('leaves alone one that another process listens on', async () => {
    const path = join(temporaryFolder(), 'control.sock');
    const other = createServer((connection) => {
      // Whoever only looks whether somebody is there goes at once.
      connection.on('error', () => undefined).end('other');
    }).listen(path);
    await once(other, 'listening');
    await expect(listen(path)).rejects.toThrow(
      `another vallumd listens on the control socket ${path}: --control names another`,
    );
    const client = connect(path).setEncoding('utf8');
    expect(await once(client, 'data')).toEqual(['other']);
    other.close();
  });

  it('is not put in the place of a file that is no socket', async () => {
    const path = join(temporaryFolder(), 'precious');
    writeFileSync(path, 'data');
    await expect(listen(path)).rejects.toThrow(/the control socket .*precious cannot be made/);
    expect(statSync(path).size).toBe(4);
  });

  it('refuses a path that unix sockets have no room for, and one that cannot be', async () => {
    const long = `/tmp/${'x'.repeat(103)}`;
    await expect(listen(long)).rejects.toThrow(/is longer than 107 bytes/);
    await expect(listen('/proc/none/control.sock')).rejects.toThrow(
      /\/proc\/none\/control\.sock cannot be made: .*; --control names another place/,
    );
  });

  testNeeding(['root'], 'is given to the group vallum, with the folder made for it', async () => {
    const folder = temporaryFolder();
    const groups = join(folder, 'group');
    writeFileSync(groups, 'root:x:0:\nvallumish:x:1:\nvallum:x:54321:\n');
    const path = join(folder, 'run', 'control.sock');
    await listen(path, groups);
    expect([statSync(path).gid, statSync(join(folder, 'run')).gid]).toEqual([54321, 54321]);
    const ask = async (...ids: readonly string[]) => {
      const script = `require('net').connect(${JSON.stringify(path)}).on('connect', () => process.exit(0)).on('error', (error) => { console.log(error.code); process.exit(1); })`;
      const { code, stdout } = await runProcess('setpriv', [
        ...ids,
        process.execPath,
        '-e',
        script,
      ]);
      return [code, stdout.trim()];
    };
    // The folder of the test itself is closed.
    await runProcess('chmod', ['755', folder]);
    expect(await ask('--reuid=65534', '--regid=54321', '--clear-groups')).toEqual([0, '']);
    expect(await ask('--reuid=65534', '--regid=65534', '--clear-groups')).toEqual([1, 'EACCES']);
  });
});
