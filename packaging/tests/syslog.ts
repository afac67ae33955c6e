import { join } from 'node:path';
import { startProcess } from '@vallum/test-kit';
import type { Debian } from './debian.js';

const SCRIPT = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o666)
print('listening', flush=True)
while True: print(s.recv(65536).decode(), flush=True)
`;

/** Listens where programs send to syslog; what they say is its output. Needs python3. */
export async function startSyslog({ folder }: Debian): ReturnType<typeof startProcess> {
  const syslog = await startProcess('python3', ['-c', SCRIPT, join(folder, 'dev/log')]);
  await syslog.waitForOutput(/listening/);
  return syslog;
}
