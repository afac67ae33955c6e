import { systemClock, type Clock } from '../../system/clock.js';
import { run as systemRun, type Run } from '../../system/run.js';
import type { Backend } from '../backend.js';
import { Programs } from '../programs.js';
import { createSetBackend } from '../nftables/set-backend.js';
import { readTableOptions, type TableOptions } from '../nftables/table-address.js';
import { ProcessSetDriver } from './process-set-driver.js';

/** What `createNftablesProcessBackend` takes. */
export interface NftablesProcessBackendOptions extends TableOptions {
  /** Name or path of the program. Default `nft`. */
  readonly program?: string;
  readonly run?: Run;
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/**
 * Edits the sets of one table of nftables by driving the program `nft`: two processes for each call,
 * and nft reads a set before it changes it. The fall-back where netlink is not to be had. Entries
 * reach nft on standard input only. Needs root or CAP_NET_ADMIN.
 *
 * A program that hangs is killed after 30 s of doing nothing; calls for other sets do not wait for it.
 *
 * @throws VallumError `INVALID_ARGUMENT` for names that nft cannot read
 */
export function createNftablesProcessBackend(options: NftablesProcessBackendOptions = {}): Backend {
  const { program = 'nft', clock = systemClock } = options;
  const { chain, ...table } = readTableOptions(options);
  const programs = new Programs(options.run ?? systemRun);
  const driver = new ProcessSetDriver(program, programs.run, table);
  return {
    ...createSetBackend({ driver, table, chain, clock }),
    // Not behind what is under way: that may hang.
    close: () => programs.close(),
  };
}
