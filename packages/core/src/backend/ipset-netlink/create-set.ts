import { parseAddress } from '../../address/parse.js';
import type { Address } from '../../address/address.js';
import { VallumError } from '../../words/errors.js';
import { EEXIST, readU8 } from '../../netlink/index.js';
import type { SetSpec, SetType } from '../backend.js';
import { checkSetSpec } from '../check-set-spec.js';
import { IPSET_ATTR_REVISION, IPSET_ATTR_REVISION_MIN } from './linux-ip-set.js';
import { readBody, required } from './read-set.js';
import { refused } from './refusal.js';
import type { IpsetSession } from './session.js';
import { writeCreate, writeType } from './write-request.js';

// The revisions whose create attributes are known here (REVISION_MAX in ip_set_hash_ip.c,
// ip_set_hash_net.c, ip_set_bitmap_ip.c of Linux 6); an older kernel offers fewer.
const NEWEST_REVISION: Readonly<Record<SetType, number>> = {
  'hash:ip': 6,
  'hash:net': 7,
  'bitmap:ip': 3,
};

/** @throws VallumError `INVALID_ARGUMENT`, or as `Backend.create` */
export function createSet(session: IpsetSession, spec: SetSpec): 'created' | 'exists' {
  const range = checkSetSpec(spec);
  const ends = range && { first: address(range.first), last: address(range.last) };
  const operation = 'ipset create';

  const question = session.query((writer, envelope) => writeType(writer, envelope, spec));
  if (!question.ok) throw refused(operation, spec.set, question.refusal);
  const body = readBody(question.message);
  const newest = readU8(required(body, IPSET_ATTR_REVISION));
  const oldest = readU8(required(body, IPSET_ATTR_REVISION_MIN));
  const revision = Math.max(oldest, Math.min(newest, NEWEST_REVISION[spec.type]));

  const { writer, connection } = session;
  const envelope = session.envelope();
  const request = writeCreate(writer, envelope, spec, revision, ends);
  const acknowledgement = connection.execute(request, envelope.sequence);
  if (acknowledgement.errno === 0) return 'created';
  if (acknowledgement.errno === EEXIST) return 'exists';
  throw refused(operation, spec.set, acknowledgement);
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  throw new VallumError(`a range ends at ${text}, which is no address`, {
    code: 'INVALID_ARGUMENT',
    operation: 'ipset create',
  });
}
