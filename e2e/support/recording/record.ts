import type { Machine, Scene } from './scene.js';

/** Wide enough for a line of `vallumd fleet`. */
export const COLUMNS = 106;

/** A busy machine is late at times, and `fleet` does not wait for ever. */
const MOST_TRIES = 5;

/** What is typed on a machine, and what its terminal showed of it. */
export interface Step {
  readonly machine: Machine;
  readonly command: string;
  /** As the terminal got it. */
  readonly output: string;
  /** How long the command took. */
  readonly seconds: number;
}

/** What the README's recording is drawn from. */
export interface Recording {
  readonly columns: number;
  readonly steps: readonly Step[];
}

const PING = 'ping -c 3 -i 0.2 -W 1 fw3 | grep loss';
const SCRIPT: readonly (readonly [Machine, string])[] = [
  ['attacker', PING],
  [
    'web1',
    "vallum-pub add 203.0.113.7 --set blacklist --timeout 1h --reason 'port scan' --confirm",
  ],
  ['attacker', PING],
  ['fw2', 'vallumd why 203.0.113.7'],
  ['fw3', 'vallumd fleet'],
  ['web1', 'vallum-pub del 203.0.113.7 --set blacklist --confirm'],
];

/** Types the commands, each on its machine. */
export async function record(scene: Scene): Promise<Recording> {
  const steps: Step[] = [];
  for (const [machine, command] of SCRIPT) {
    let step: Step;
    let tries = 0;
    do {
      step = await type(scene, machine, command);
      tries += 1;
    } while (step.output.includes('did not answer') && tries < MOST_TRIES);
    steps.push(step);
  }
  return { columns: COLUMNS, steps };
}

/** What differs from run to run, in place of it. */
export function normalised({ columns, steps }: Recording): Recording {
  return {
    columns,
    steps: steps.map((step) => ({
      ...step,
      seconds: 0,
      output: step.output
        .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'YYYY-MM-DD hh:mm:ss UTC')
        .replace(/\b[\d,.]+ m?s ago\b|\bjust now\b/g, 'N s ago')
        .replace(/\b[\d,.]+ ?m?s\b/g, 'N s')
        .replace(/\b[0-9a-f]{8}\b/g, 'DIGEST')
        // Columns are as wide as what stands in them.
        .replace(/ {2,}/g, '  '),
    })),
  };
}

async function type(scene: Scene, machine: Machine, command: string): Promise<Step> {
  const startMs = performance.now();
  const output = await onTerminal(scene, machine, command);
  const seconds = Number(((performance.now() - startMs) / 1_000).toFixed(2));
  return { machine, command, output, seconds };
}

/** A terminal of its own, as `script` makes one: so the programs colour what they print. */
function onTerminal({ machines }: Scene, machine: Machine, command: string): Promise<string> {
  const quoted = `stty cols ${COLUMNS}; ${command}`.replaceAll("'", `'\\''`);
  return machines[machine].sh(`TERM=xterm script -qec '${quoted}' /dev/null`);
}
