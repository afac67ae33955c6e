// vallum-pub: the whole life of a process that publishes one ban, as fail2ban starts one a ban; and
// lists, beside a mosquitto_pub for each address, or one that sends a message a line.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBroker } from './support/broker.mjs';
import { compare } from './support/compare.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { progress, report } from './support/results.mjs';
import { startListener } from './support/subscriptions.mjs';
import { mosquittoPub, vallumPub } from './support/vallum-pub.mjs';
import { distinct, ipv4World } from './support/world.mjs';

// Of more than 65,535 lines mosquitto_pub -l sends some only, and ends with 0: of 100,000 a third.
const MOST_LINES = 60_000;
// Processes of some 30 ms: twice as many runs still take no time.
const STARTS_A_RUN = 2;
const ONE_EACH =
  'while read -r address; do mosquitto_pub -q 1 -t blacklist/add -m "$address" -p "$0" || exit; done';

const options = readOptions();
const broker = await startBroker();
// As the package makes it.
const spool = join(broker.folder, 'spool');
mkdirSync(join(spool, '.work'), { recursive: true });
const listener = await startListener(broker);
try {
  await oneBan();
  await emptySpool();
  await lists();
} finally {
  await listener.stop();
  await broker.stop();
}

async function oneBan() {
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
  const overTcp = vallumPub(['192.0.2.7', ...plain], 'blacklist', spool);
  const overTls = vallumPub(['192.0.2.7', ...secure, '-c', broker.ca], 'blacklist', spool);
  const targets = { goal: 2, aim: 1.6 };
  const runs = options.runs * STARTS_A_RUN;
  for (const [what, ours, against, theirs, more] of [
    ['one ban', overTcp, 'node -e 0', nothing, targets],
    ['one ban', overTcp, 'mosquitto_pub', mosquittoPub(['-m', '192.0.2.7', ...plain])],
    ['one ban over TLS', overTls, 'node -e 0', nothing, targets],
    ['one ban over TLS', overTls, 'node, loading TLS and a CA', tlsOnly],
    [
      ...['one ban over TLS', overTls, 'mosquitto_pub'],
      mosquittoPub(['-m', '192.0.2.7', ...secure, '--cafile', broker.ca]),
    ],
  ]) {
    const measured = await compare({ ours, theirs, runs });
    tell({ what, against, unit: 'ms', reading: 'times-the-time', ...more }, measured, 1000);
  }
}

/** What a call pays for looking into a spool where nothing waits. */
async function emptySpool() {
  const ban = ['192.0.2.7', '-p', `${broker.port}`];
  const measured = await compare({
    ours: vallumPub(ban, 'blacklist', spool),
    theirs: vallumPub(ban),
    runs: options.runs * STARTS_A_RUN,
  });
  const what = 'one ban, with an empty spool';
  tell({ what, against: 'with --no-spool', unit: 'ms', reading: 'times-the-time' }, measured, 1000);
}

async function lists() {
  const file = (count) => {
    const path = join(broker.folder, `${count}.txt`);
    writeFileSync(path, `${distinct(ipv4World, count, 1).join('\n')}\n`);
    return path;
  };
  const port = `${broker.port}`;
  const [few, many] = [scaled(1_000, options, 20), scaled(MOST_LINES, options, 200)];
  const { runs } = options;
  const ofFew = await compare({
    ours: vallumPub(['-p', port, '-f', file(few)]),
    theirs: { program: 'bash', args: ['-c', ONE_EACH, port], input: file(few) },
    runs,
  });
  const reading = 'times-faster';
  const fewShown = few.toLocaleString('en');
  tell(
    {
      what: `${fewShown} bans from a list`,
      against: `${fewShown} × mosquitto_pub`,
      unit: 'ms',
      reading,
      goal: 20,
      aim: 100,
    },
    ofFew,
    1000,
  );
  const ofMany = await compare({
    // Without a rate: what the program can do, and not what nodes are spared.
    ours: vallumPub(['-p', port, '-f', file(many), '--rate', '0']),
    theirs: { ...mosquittoPub(['-l', '-p', port]), input: file(many) },
    runs,
  });
  const what = `${many.toLocaleString('en')} bans from a list, --rate 0`;
  tell({ what, against: 'mosquitto_pub -l, a message each', unit: 's', reading }, ofMany, 1);
}

/** Processor time is the steadier figure on a machine that has other things to do. */
function tell(row, { ours, theirs, cpuRatio }, perSecond) {
  const full = {
    ...row,
    what: `vallum-pub: ${row.what}`,
    ours: ours.seconds * perSecond,
    alternative: theirs.seconds * perSecond,
    note: `CPU ${(row.reading === 'times-faster' ? 1 / cpuRatio : cpuRatio).toFixed(2)}×`,
  };
  progress(
    `${full.what}: ${full.ours.toFixed(1)} beside ${full.alternative.toFixed(1)} ${row.unit}`,
  );
  report(full);
}
