// 1,000 bans as Debian's fail2ban applies them with its own actions, one process or more for each,
// beside a list that vallum-pub hands to vallumd over a broker.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBackend } from './support/backends.mjs';
import { PORT, startBroker } from './support/queueing-broker.mjs';
import { startVallumd } from './support/consumers.mjs';
import { median } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { run, start, waitUntil } from './support/processes.mjs';
import { progress, report } from './support/results.mjs';
import { distinct, ipv4World } from './support/world.mjs';

const options = readOptions();
const count = scaled(1_000, options, 20);
const addresses = distinct(ipv4World, count, 13);
const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
const publisher = fileURLToPath(
  new URL('../packages/publish-cli/bin/vallum-pub.js', import.meta.url),
);
const actions = {
  ipset: {
    action: 'iptables-ipset-proto6-allports',
    // Number of entries: 1000
    count: async () =>
      Number(/entries: (\d+)/.exec((await run('ipset', ['list', '-t', 'f2b-bench'])).stdout)?.[1]),
  },
  nftables: {
    action: 'nftables-allports',
    count: async () =>
      (await run('nft', ['list', 'set', 'inet', 'f2b-table', 'addr-set-bench'])).stdout.match(
        /\d+\.\d+\.\d+\.\d+/g,
      )?.length ?? 0,
  },
};

const seconds = { vallum: [], ipset: [], nftables: [] };
try {
  for (let round = 0; round < options.runs; round++) {
    seconds.vallum.push(await throughVallum());
    for (const name of Object.keys(actions)) seconds[name].push(await throughFail2ban(name));
    progress(
      `${count} bans: ` +
        Object.entries(seconds)
          .map(([name, all]) => `${name} ${all.at(-1).toFixed(2)} s`)
          .join(', '),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const name of Object.keys(actions)) {
  report({
    what: `${count.toLocaleString('en')} bans: vallum-pub, broker, vallumd, kernel set`,
    ours: median(seconds.vallum),
    against: `fail2ban, action ${actions[name].action}`,
    alternative: median(seconds[name]),
    unit: 's',
    reading: 'times-faster',
  });
}

/** From the start of vallum-pub to the last address in the kernel. */
async function throughVallum() {
  rmSync(join(folder, 'state'), { recursive: true, force: true });
  const backend = await openBackend('ipset');
  await run('ipset', ['destroy']);
  await backend.create({ set: 'bench', type: 'hash:ip', family: 'ipv4', defaultTimeoutSeconds: 0 });
  const broker = await startBroker(folder);
  const daemon = await startVallumd({ folder, topics: ['bench'] });
  await daemon.ready();
  const begun = performance.now();
  await run(
    process.execPath,
    [publisher, 'add', '-h', '127.0.0.1', '-p', String(PORT), '--set', 'bench', '-f', '-'],
    { input: `${addresses.join('\n')}\n` },
  );
  await waitUntil(async () => (await backend.inspect('bench')).entries === count, 'the bans');
  const took = (performance.now() - begun) / 1000;
  await daemon.stop();
  await broker.stop();
  await backend.close();
  return took;
}

/** From `fail2ban-client set … banip` of all to the last address in the kernel. */
async function throughFail2ban(name) {
  const home = join(folder, 'fail2ban');
  const at = (...names) => join(home, ...names);
  rmSync(home, { recursive: true, force: true });
  for (const part of ['filter.d', 'jail.d', 'fail2ban.d']) mkdirSync(at(part), { recursive: true });
  cpSync('/etc/fail2ban/action.d', at('action.d'), { recursive: true });
  writeFileSync(at('attacks.log'), '');
  writeFileSync(
    at('fail2ban.conf'),
    `[Definition]\nloglevel = NOTICE\nlogtarget = ${at('log')}\nsyslogsocket = auto\n` +
      `socket = ${at('socket')}\npidfile = ${at('pid')}\ndbfile = None\n`,
  );
  writeFileSync(at('filter.d', 'bench.conf'), '[Definition]\nfailregex = ^ never <ADDR>$\n');
  writeFileSync(
    at('jail.conf'),
    '[DEFAULT]\nbackend = polling\nmaxretry = 1\nfindtime = 10m\nbantime = 10m\n' +
      `[bench]\nenabled = true\nfilter = bench\nlogpath = ${at('attacks.log')}\n` +
      `action = ${actions[name].action}[name=bench]\n`,
  );
  const paths = ['-c', home, '-s', at('socket'), '-p', at('pid')];
  const server = start('fail2ban-server', ['-xf', ...paths], 'ignore');
  await waitUntil(
    () =>
      run('fail2ban-client', [...paths, 'status', 'bench']).then(
        () => true,
        () => false,
      ),
    'the jail',
    20_000,
    100,
  );
  const begun = performance.now();
  await run('fail2ban-client', [...paths, 'set', 'bench', 'banip', ...addresses]);
  // Rarely, since looking costs a process and the set may be read as a whole.
  const isFull = async () => (await actions[name].count().catch(() => 0)) >= count;
  await waitUntil(isFull, `fail2ban's bans`, 300_000, 100);
  const took = (performance.now() - begun) / 1000;
  await run('fail2ban-client', [...paths, 'stop']);
  await server.ended;
  return took;
}
