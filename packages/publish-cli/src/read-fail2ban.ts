import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { escapeForDisplay } from '@vallum/core';
import { quote } from '@vallum/options';
import type { Fail2banBans } from './fail2ban-bans.js';
import type { Interruption } from './interruption.js';
import { UnreadableList } from './open-list.js';

/**
 * Where fail2ban runs there is Python with sqlite3; in Node it came with version 22. fail2ban's own
 * function names the host as its action does. The file is opened for reading only, beside the server
 * that writes to it.
 */
const SCRIPT = `
import json, sqlite3, sys
from urllib.parse import quote
try:
    from fail2ban.server.ipdns import DNSUtils
    host = str(DNSUtils.getHostname(fqdn=True))
except Exception:
    import socket
    host = socket.getfqdn()
try:
    db = sqlite3.connect('file:' + quote(sys.argv[1]) + '?mode=ro', uri=True, timeout=5)
    jails = [row[0] for row in db.execute('SELECT name FROM jails WHERE enabled = 1 ORDER BY name')]
    bans = db.execute('SELECT jail, ip, timeofban, bantime FROM bips ORDER BY timeofban').fetchall()
except sqlite3.Error as error:
    sys.exit(str(error))
json.dump({'host': host, 'jails': jails, 'bans': bans}, sys.stdout)
`;

/** Debian's and most others' own, for which fail2ban is installed; then whatever is in the path. */
const SYSTEM_PYTHON = '/usr/bin/python3';

/** @throws UnreadableList with what is wrong, for people */
export async function readFail2ban(path: string, signal?: Interruption): Promise<Fail2banBans> {
  const named = `the database ${quote(path)}`;
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw new UnreadableList(
      code === 'EACCES'
        ? `${named} may not be read by this user: run it as root`
        : `${named} does not exist here; "fail2ban-client get dbfile" says where it is (--db)`,
      { cause },
    );
  }
  const python = existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : 'python3';
  const { code, stdout, stderr } = await run(python, ['-I', '-c', SCRIPT, path], signal);
  if (code === 0) return JSON.parse(stdout) as Fail2banBans;
  const why = escapeForDisplay(stderr.trim().split('\n').at(-1) ?? '');
  throw new UnreadableList(
    code === 'ENOENT'
      ? `python3 is needed to read ${named}, as by fail2ban itself, and is not installed`
      : `${named} cannot be read as one of fail2ban 0.11 or later: ${why}`,
  );
}

function run(program: string, args: readonly string[], signal: Interruption | undefined) {
  return new Promise<{ code: number | string | null; stdout: string; stderr: string }>(
    (resolve) => {
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      const texts = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
      }
      child.on('error', (error: NodeJS.ErrnoException) => {
        resolve({ ...texts, code: error.code ?? 'unknown' });
      });
      child.on('close', (code) => {
        resolve({ ...texts, code });
      });
      signal?.addEventListener('abort', () => child.kill('SIGKILL'));
    },
  );
}
