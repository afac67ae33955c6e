import { describe, expect, it } from '@jest/globals';
import { daemonCommands } from '../commands.js';
import { NoAnswer } from '../control/client.js';
import { runReconcile, type ReconcileDeps } from './run-reconcile.js';

async function run(argv: readonly string[], deps: Partial<ReconcileDeps> = {}) {
  let stdout = '';
  let stderr = '';
  const killed: [number, string][] = [];
  const code = await runReconcile(
    argv,
    {
      env: { VALLUMD_CONFIG: '/dev/null' },
      print: (text) => void (stdout += text),
      errors: { write: (text) => void (stderr += text), journal: false },
    },
    {
      ask: async () => Promise.reject(new NoAnswer('nobody listens', 'ENOENT')),
      findHolder: async (folder) => (folder === '/s' ? 4711 : undefined),
      kill: (pid, signal) => killed.push([pid, signal]),
      ...deps,
    },
  );
  return { code, stdout, stderr, killed };
}

describe('vallumd reconcile', () => {
  it('takes what manual, completion and reference say that it takes', async () => {
    const { code, stdout } = await run(['--help']);
    const { options, synopsis } = daemonCommands.find(({ name }) => name === 'reconcile')!;
    const shown = [...stdout.matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)].map(([, name]) => name);
    expect(code).toBe(0);
    expect(shown).toContain('control');
    expect(new Set(options.map(({ name }) => name))).toEqual(new Set(shown));
    expect(stdout).toContain(`vallumd reconcile ${synopsis}`);
  });

  const inOrder = { added: 0, deleted: 0, failed: 0, pending: 0, waiting: 0 };
  /** A vallumd that answers so. */
  const answering = (...sets: readonly object[]) => {
    const asked: unknown[] = [];
    const ask: ReconcileDeps['ask'] = async (socket, path, { method = 'GET' } = {}) => {
      asked.push([socket, method, path]);
      return Promise.resolve(method === 'GET' ? { alive: true } : { node: 'fw1', sets });
    };
    return { asked, ask };
  };

  it('has the vallumd behind the socket do it, and says what each set came to', async () => {
    const { asked, ask } = answering(
      { ...inOrder, set: 'blacklist', added: 1204, deleted: 1 },
      { ...inOrder, set: 'blacklist6' },
    );
    const { code, stdout, killed } = await run(['--control', '/c.sock'], { ask });
    expect([code, killed]).toEqual([0, []]);
    expect(asked).toEqual([
      ['/c.sock', 'GET', '/api/alive'],
      ['/c.sock', 'POST', '/api/reconcile'],
    ]);
    expect(stdout).toBe(
      'fw1 compares its sets with its ledger, and asks the other nodes to compare theirs:\n' +
        'blacklist: 1,204 bans were missing and put in; 1 entry of no ban was taken out\n' +
        'blacklist6: it held what it should\n',
    );
  });

  it.each<[object, string]>([
    [
      { uncompared: 'there is no set x: ipset create x hash:net', pending: 3 },
      'x could not be compared: there is no set x: ipset create x hash:net',
    ],
    [
      { failed: 2, failure: 'out of memory', pending: 2 },
      'x: 2 changes failed, the first because out of memory; 2 bans are not in it yet',
    ],
    [{ pending: 5, waiting: 4 }, 'x: 5 bans are not in it yet, 4 of them since it is full'],
  ])('does not claim success where a set says %j', async (differing, wanted) => {
    const { ask } = answering(
      { ...inOrder, set: 'blacklist' },
      { ...inOrder, set: 'x', ...differing },
    );
    const { code, stdout } = await run(['--control', '/c.sock'], { ask });
    expect([code, stdout.split('\n')[2]]).toEqual([69, wanted]);
  });

  it('asks over the socket that is named, also where no state is kept', async () => {
    const { ask } = answering({ ...inOrder, set: 'blacklist' });
    const argv = ['--backend', 'memory', '--control', '/c.sock'];
    expect(await run(argv, { ask })).toMatchObject({
      ...{ code: 0, stdout: expect.stringContaining('blacklist: it held what it should\n') },
    });
    expect(await run(argv)).toMatchObject({
      code: 66,
      stderr:
        'vallumd reconcile: with --backend memory no state is kept, and none answers on /c.sock; ' +
        '--control names the socket of one that runs, --state-dir its folder\n',
    });
    const forbid = async () => Promise.reject(new NoAnswer('connect EACCES /c.sock', 'EACCES'));
    expect(await run(argv, { ask: forbid })).toMatchObject({
      code: 77,
      stderr: expect.stringMatching(/connect EACCES \/c\.sock; run it as root/),
    });
  });

  it('says so where that hangs, and sends no signal', async () => {
    const { code, killed, stderr } = await run(['--state-dir', '/s'], {
      ask: async () => Promise.reject(new NoAnswer('it has not answered', 'ETIMEDOUT')),
    });
    expect([code, killed]).toEqual([69, []]);
    expect(stderr).toContain('it has not answered');
  });

  it.each(['ECONNRESET', 'EPIPE'])(
    'does not claim that one compares that is on its way out (%s)',
    async (code) => {
      const ask: ReconcileDeps['ask'] = async (_socket, path) =>
        path === '/api/alive'
          ? Promise.resolve({ alive: true })
          : Promise.reject(new NoAnswer('socket hang up', code));
      expect(await run(['--state-dir', '/s'], { ask })).toEqual({
        ...{ code: 69, stdout: '', killed: [] },
        stderr:
          'vallumd reconcile: vallumd went away before it had compared (socket hang up): its log tells why\n',
      });
    },
  );

  it('says who may use the socket, where nobody is found that keeps a state', async () => {
    const ask = async () => Promise.reject(new NoAnswer('connect EACCES /c.sock', 'EACCES'));
    expect(await run(['--control', '/c.sock', '--state-dir', '/empty'], { ask })).toMatchObject({
      code: 77,
      stderr: expect.stringMatching(/connect EACCES \/c\.sock; run it as root/),
    });
  });

  it('tells the vallumd that keeps its state there', async () => {
    const { code, killed, stdout } = await run(['--state-dir', '/s']);
    expect(code).toBe(0);
    expect(killed).toEqual([[4711, 'SIGUSR1']]);
    expect(stdout).toContain('process 4711');
  });

  it('says where it found none', async () => {
    const { code, killed, stderr } = await run([]);
    expect(code).toBe(66);
    expect(killed).toEqual([]);
    expect(stderr).toContain('no vallumd keeps its state in /var/lib/vallum (--state-dir');
  });

  it('says who may', async () => {
    const { code, stderr } = await run(['--state-dir', '/s'], {
      kill: () => {
        throw new Error('kill EPERM');
      },
    });
    expect(code).toBe(77);
    expect(stderr).toContain("kill EPERM; run it as root, as vallumd's user or");
  });
});
