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

  it('has the vallumd behind the socket do it, and says what that has mended', async () => {
    const asked: unknown[] = [];
    const report = (added: number) => ({
      ...{ node: 'fw1', sets: [{ set: 'blacklist', drift: { added, deleted: 4 } }] },
    });
    const { code, stdout, killed } = await run(['--control', '/c.sock'], {
      ask: async (socket, path, { method = 'GET' } = {}) => {
        asked.push([socket, method, path]);
        return report(asked.length);
      },
    });
    expect([code, killed]).toEqual([0, []]);
    expect(asked).toEqual([
      ['/c.sock', 'GET', '/api/status'],
      ['/c.sock', 'POST', '/api/reconcile'],
    ]);
    expect(stdout).toMatch(/^fw1 has compared .*: blacklist 1 added and 0 removed;/);
  });

  it('says so where that hangs, and sends no signal', async () => {
    const { code, killed, stderr } = await run(['--state-dir', '/s'], {
      ask: async () => Promise.reject(new NoAnswer('it has not answered', 'ETIMEDOUT')),
    });
    expect([code, killed]).toEqual([69, []]);
    expect(stderr).toContain('it has not answered');
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
