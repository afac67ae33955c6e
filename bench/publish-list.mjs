// Many bans at once: a list of 1,000 beside a mosquitto_pub for each, one of 100,000 beside
// `mosquitto_pub -l`, which sends a message a line.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attackers } from './support/addresses.mjs';
import { startBroker } from './support/broker.mjs';
import { compare } from './support/compare.mjs';
import { ratioTable, timesFaster } from './support/ratio-table.mjs';
import { mosquittoPub, vallumPub } from './support/vallum-pub.mjs';

const ONE_EACH =
  'while read -r address; do mosquitto_pub -q 2 -t blacklist/add -m "$address" -p "$0" || exit; done';

/** @returns {Promise<import('./support/ratio-table.mjs').Row[]>} */
export async function publishList() {
  const broker = await startBroker();
  const list = (count) => {
    const path = join(broker.folder, `${count}.txt`);
    writeFileSync(path, attackers({ count }).join('\n') + '\n');
    return path;
  };
  const port = `${broker.port}`;
  const [thousand, hundredThousand] = [list(1000), list(100_000)];
  const cases = [
    {
      what: '1,000 bans from a list',
      ours: vallumPub(['-p', port, '-f', thousand]),
      beside: '1,000 × mosquitto_pub',
      theirs: { program: 'bash', args: ['-c', ONE_EACH, port], input: thousand },
      target: '20× faster, aim 100×',
    },
    {
      what: '100,000 bans from a list',
      ours: vallumPub(['-p', port, '-f', hundredThousand]),
      beside: 'mosquitto_pub -l',
      theirs: { ...mosquittoPub(['-l', '-p', port]), input: hundredThousand },
    },
  ];
  const rows = [];
  try {
    for (const { what, ours, beside, theirs, target } of cases) {
      const { ratio, cpuRatio } = await compare({ ours, theirs });
      const row = {
        ...{ what: `vallum-pub: ${what}`, beside },
        ...{ ratio: timesFaster(ratio), cpu: timesFaster(cpuRatio) },
      };
      rows.push(target === undefined ? row : { ...row, target });
    }
  } finally {
    await broker.stop();
  }
  return rows;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(ratioTable(await publishList()));
}
