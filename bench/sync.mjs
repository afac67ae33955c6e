// vallum-pub sync of 200,000 prefixes: the first time, with nothing changed, and with a hundredth of
// them changed. The whole process each time, from the list's bytes to the state on disk. Beside it what
// one would write without it: all of the list, sent by mosquitto_pub every time, at QoS 0, since at the others
// it sends only some of more than 65,535 lines.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBroker } from './support/broker.mjs';
import { measure } from './support/measure.mjs';
import { median } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { progress, report } from './support/results.mjs';
import { startListener } from './support/subscriptions.mjs';
import { mosquittoPub, vallumPub } from './support/vallum-pub.mjs';
import { distinct, prefixWorld } from './support/world.mjs';

const options = readOptions();
const count = scaled(200_000, options, 200);
const prefixes = distinct(prefixWorld, count + count / 100, 24);
const broker = await startBroker();
const listener = await startListener(broker);
const [today, tomorrow, state] = ['today', 'tomorrow', 'state'].map((name) =>
  join(broker.folder, name),
);
writeFileSync(today, prefixes.slice(0, count).join('\n'));
writeFileSync(tomorrow, prefixes.slice(count / 100).join('\n'));

try {
  const seen = { first: [], unchanged: [], changed: [], theirs: [] };
  for (let run = 0; run < options.runs; run++) {
    rmSync(state, { recursive: true, force: true });
    mkdirSync(state);
    seen.first.push(await sync(today));
    seen.unchanged.push(await sync(today));
    seen.theirs.push(
      await measure({ ...mosquittoPub(['-q', '0', '-l', '-p', `${broker.port}`]), input: today }),
    );
    seen.changed.push(await sync(tomorrow));
  }
  const shown = count.toLocaleString('en');
  tell(`${shown} prefixes in step, nothing changed`, seen.unchanged, { goal: 3 });
  const all = { against: 'mosquitto_pub -q 0 -l', reading: 'times-faster' };
  const theirs = medianOf(seen.theirs);
  tell(`${shown} prefixes in step`, seen.unchanged, { ...all, alternative: theirs });
  tell(`${shown} prefixes in step, one in a hundred changed`, seen.changed);
  tell(`${shown} prefixes in step, all of them new`, seen.first);
} finally {
  await listener.stop();
  await broker.stop();
}

function sync(list) {
  const command = vallumPub([]);
  const args = [
    ...command.args.map((word) => (word === 'add' ? 'sync' : word)),
    ...['--origin', 'feed', '--file', list, '--state-dir', state, '-p', `${broker.port}`],
    // Lists of the world's making cover more of it than a published one.
    '--force',
  ];
  return measure({ ...command, args });
}

function tell(what, measured, more = {}) {
  const ours = medianOf(measured);
  const cpu = median(measured.map(({ cpuSeconds }) => cpuSeconds));
  progress(`${what}: ${ours.toFixed(2)} s`);
  const note = `CPU ${cpu.toFixed(2)} s`;
  report({ what: `vallum-pub: ${what}`, ours, unit: 's', reading: 'absolute', note, ...more });
}

function medianOf(measured) {
  return median(measured.map(({ seconds }) => seconds));
}
