import { spawn, spawnSync } from 'node:child_process';
import { root } from '../build/programs.mjs';

export function present(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** Runs a program that has to succeed; its last words are in the error. */
export function run(program, args, { cwd = root, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    // npm started by npm inherits its settings, such as the prefix of a workspace.
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^npm_(config_(local_prefix|workspace)|package_)/.test(name),
      ),
    );
    const child = spawn(program, args, {
      cwd,
      env: { ...clean, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (text) => (said += text));
    child.stderr.on('data', (text) => (said += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(new Error(`${program} ${args.join(' ')}: exit code ${code}\n${said.slice(-2000)}`));
    });
  });
}
