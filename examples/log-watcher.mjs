// Bans on this machine, without a broker, whoever fails three times in what is piped in.
//   journalctl -fu ssh -o cat | node log-watcher.mjs
import { createIpsetBackend, createVallum } from '@vallum/core';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

// Up to the line's end: a user name may be "x from 192.0.2.1 port 1", and must not choose the host.
const FAILURE = /^Failed password for .* from (\S+) port \d+ ssh2$/;
const TRIES = 3;

/**
 * @param {AsyncIterable<string>} lines
 * @param {import('@vallum/core').Vallum} vallum
 */
export async function banRepeaters(lines, vallum) {
  const failures = new Map();
  for await (const line of lines) {
    const address = FAILURE.exec(line)?.[1];
    if (address === undefined) continue;
    const count = (failures.get(address) ?? 0) + 1;
    failures.set(address, count);
    if (count < TRIES) continue;
    failures.delete(address);
    const reason = `${count} failed passwords`;
    console.log(...(await vallum.ban(address, { timeoutSeconds: 600, reason })));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const vallum = await createVallum({
    topics: ['blacklist'],
    backend: await createIpsetBackend(),
    create: { type: 'hash:ip', defaultTimeoutSeconds: 0 },
  });
  await banRepeaters(createInterface({ input: process.stdin }), vallum);
  await vallum.close();
}
