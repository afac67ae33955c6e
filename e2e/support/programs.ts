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
};

export interface DaemonOptions extends ProcessOptions {
  readonly namespace?: Namespace;
  /** Default: a folder of its own. */
  readonly stateDir?: string;
}

/** Starts vallumd; it says `listening to …` once it is of use. */
export function startVallumd(
  args: readonly string[],
  { namespace = ownNamespace, stateDir = temporaryFolder(), ...options }: DaemonOptions = {},
): Promise<RunningProcess> {
  return namespace.start(process.execPath, [daemon, '--state-dir', stateDir, ...args], {
    ...options,
    env: { ...ownEnvironment, ...options.env },
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
