import { fileURLToPath } from 'node:url';
import {
  ownNamespace,
  temporaryFolder,
  type Finished,
  type Namespace,
  type ProcessOptions,
  type RunningProcess,
} from '@vallum/test-kit';

const daemon = fileURLToPath(new URL('../../packages/daemon/bin/vallumd.js', import.meta.url));
const publisher = fileURLToPath(
  new URL('../../packages/publish-cli/bin/vallum-pub.js', import.meta.url),
);

/** No configuration of the machine, and no store of certificates that slows every start of Node. */
const ownEnvironment = {
  VALLUMD_CONFIG: undefined,
  VALLUM_PUB_CONFIG: undefined,
  NODE_EXTRA_CA_CERTS: undefined,
  // Nothing is kept on the tester's machine.
  VALLUM_SPOOL: 'false',
};

export interface DaemonOptions extends ProcessOptions {
  readonly namespace?: Namespace;
  /** Default: a folder of its own. */
  readonly stateDir?: string;
  /** What runs it, such as `strace -f`; has to end as the program itself, by `exec`. */
  readonly under?: readonly string[];
}

/**
 * Starts vallumd with these arguments and no others; it says `listening to …` once it is of use.
 */
export function startVallumd(
  args: readonly string[],
  {
    namespace = ownNamespace,
    stateDir = temporaryFolder(),
    under = [],
    ...options
  }: DaemonOptions = {},
): Promise<RunningProcess> {
  const [program, ...rest] = [...under, process.execPath, daemon, ...args] as [string, ...string[]];
  return namespace.start(program, rest, {
    ...options,
    // As systemd says it.
    env: { ...ownEnvironment, STATE_DIRECTORY: stateDir, ...options.env },
  });
}

export function runVallumd(
  args: readonly string[],
  { env, ...options }: ProcessOptions = {},
): Promise<Finished> {
  return ownNamespace.run(process.execPath, [daemon, ...args], {
    ...options,
    env: { ...ownEnvironment, ...env },
  });
}

export function runVallumPub(
  args: readonly string[],
  { namespace = ownNamespace, ...options }: ProcessOptions & { namespace?: Namespace } = {},
): Promise<Finished> {
  return namespace.run(process.execPath, [publisher, ...args], {
    ...options,
    env: { ...ownEnvironment, ...options.env },
  });
}
