import type { Machine, Scene } from './scene.js';

/** Wide enough for a line of `vallumd why`. */
export const COLUMNS = 98;

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
    let startMs: number;
    let output: string;
    do {
      startMs = performance.now();
      output = await onTerminal(scene, machine, command);
      // A busy machine is late at times, and `fleet` waits for half a second.
    } while (output.includes('did not answer'));
    const seconds = Number(((performance.now() - startMs) / 1_000).toFixed(2));
    steps.push({ machine, command, output, seconds });
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
        // Columns are as wide as what stands in them.
        .replace(/ {2,}/g, '  '),
    })),
  };
}

/** A terminal of its own, as `script` makes one: so the programs colour what they print. */
function onTerminal({ machines }: Scene, machine: Machine, command: string): Promise<string> {
  const quoted = `stty cols ${COLUMNS}; ${command}`.replaceAll("'", `'\\''`);
  return machines[machine].sh(`TERM=xterm script -qec '${quoted}' /dev/null`);
}
