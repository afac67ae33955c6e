// The whole life of a process that publishes one ban, as fail2ban starts one a ban.
import { fileURLToPath } from 'node:url';
import { startBroker } from './support/broker.mjs';
import { compare } from './support/compare.mjs';
import { ratioTable, times } from './support/ratio-table.mjs';
import { mosquittoPub, vallumPub } from './support/vallum-pub.mjs';

/** @returns {Promise<import('./support/ratio-table.mjs').Row[]>} */
export async function publishOne() {
  const broker = await startBroker();
  const plain = ['-p', `${broker.port}`];
  const secure = ['-h', 'localhost', '-p', `${broker.tlsPort}`];
  const nothing = { program: process.execPath, args: ['-e', '0'] };
  // What Node takes for TLS itself, before anything is connected.
  const tlsOnly = {
    program: process.execPath,
    args: [
      '-e',
      "require('tls').createSecureContext({ ca: require('fs').readFileSync(process.argv[1]) })",
      broker.ca,
    ],
  };
  const overTcp = vallumPub(['192.0.2.7', ...plain]);
  const overTls = vallumPub(['192.0.2.7', ...secure, '-c', broker.ca]);
  const cases = [
    ['one ban', overTcp, 'node -e 0', nothing, 'below 2×, aim 1.6×'],
    ['one ban', overTcp, 'mosquitto_pub', mosquittoPub(['-m', '192.0.2.7', ...plain])],
    ['one ban over TLS', overTls, 'node -e 0', nothing, 'below 2×, aim 1.6×'],
    ['one ban over TLS', overTls, 'node, loading TLS and a CA', tlsOnly],
    [
      ...['one ban over TLS', overTls, 'mosquitto_pub'],
      mosquittoPub(['-m', '192.0.2.7', ...secure, '--cafile', broker.ca]),
    ],
  ];
  const rows = [];
  try {
    for (const [what, ours, beside, theirs, target] of cases) {
      const { ratio, cpuRatio } = await compare({ ours, theirs });
      const row = {
        what: `vallum-pub: ${what}`,
        beside,
        ratio: times(ratio),
        cpu: times(cpuRatio),
      };
      rows.push(target === undefined ? row : { ...row, target });
    }
  } finally {
    await broker.stop();
  }
  return rows;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(ratioTable(await publishOne()));
}
