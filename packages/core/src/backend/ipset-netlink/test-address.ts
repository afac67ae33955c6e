import { isSingleAddress, type Address } from '../../address/address.js';
import type { SetName } from '../../words/names.js';
import { IPSET_ERR_EXIST } from './linux-ip-set.js';
import { readKind, readBody } from './read-set.js';
import { refused } from './refusal.js';
import type { IpsetSession } from './session.js';
import { writeHeader, writeTest, type Question } from './write-request.js';

/** @throws NetlinkError as `Backend.test` */
export function testAddress(
  session: IpsetSession,
  set: SetName,
  address: Address,
  question: Question,
): boolean {
  // A hash:ip would be asked about the first address of a prefix only.
  if (!isSingleAddress(address) && typeOf(session, set) !== 'hash:net') return false;
  const envelope = session.envelope();
  const request = writeTest(session.writer, envelope, set, address, question);
  const answer = session.connection.execute(request, envelope.sequence);
  if (answer.errno === 0) return true;
  // Also where such an address cannot be in such a set (ip_set_utest in ip_set_core.c).
  if (answer.errno === IPSET_ERR_EXIST) return false;
  throw refused('ipset test', set, answer);
}

function typeOf(session: IpsetSession, set: SetName): string {
  const answer = session.query((writer, envelope) => writeHeader(writer, envelope, set));
  if (!answer.ok) throw refused('ipset test', set, answer.refusal);
  return readKind(readBody(answer.message)).type;
}
