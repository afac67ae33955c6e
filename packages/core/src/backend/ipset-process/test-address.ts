import { isSingleAddress, type Address } from '../../address/address.js';
import type { RunResult } from '../../system/run.js';
import type { SetInfo } from '../backend.js';
import { runError } from './ipset-failure.js';
import { saysNotInSet, translateIpsetMessage } from './translate-ipset-message.js';

/**
 * Asks `ipset test NAME ADDRESS [nomatch]`, which answers with its exit code and a sentence.
 * `nomatch`: whether it is an exception.
 *
 * @param run runs ipset with arguments
 * @throws VallumError as `Backend.test`
 */
export async function testAddress(
  info: SetInfo,
  address: Address,
  words: readonly 'nomatch'[],
  run: (operation: string, args: readonly string[]) => Promise<RunResult>,
): Promise<boolean> {
  if (info.family !== address.family) return false;
  // A hash:ip would be asked about the first address of a prefix only.
  if (!isSingleAddress(address) && info.type !== 'hash:net') return false;
  const operation = `ipset test ${info.set}`;
  const result = await run(operation, ['test', info.set, address.text, ...words]);
  if (result.code === 0) return true;
  // 0.0.0.0/0 is in no set.
  if (saysNotInSet(result.stderr) || translateIpsetMessage(result.stderr) === 'unstorable') {
    return false;
  }
  throw runError(result, operation);
}
