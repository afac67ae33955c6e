import { describe, expect, it } from '@jest/globals';
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
      findHolder: async (folder) => (folder === '/s' ? 4711 : undefined),
      kill: (pid, signal) => killed.push([pid, signal]),
      ...deps,
    },
  );
  return { code, stdout, stderr, killed };
}

describe('vallumd reconcile', () => {
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
    expect(stderr).toContain("kill EPERM; run it as root or as vallumd's user");
  });
});
