import { VallumError } from '../../words/errors.js';
import type { SetName } from '../../words/names.js';
import { dumpEach, ENOENT, MessageWriter, type NetlinkConnection } from '../../netlink/index.js';
import { SET_TYPES, type SetInfo } from '../backend.js';
import { MemberBatches } from '../member-batches.js';
import { IPSET_ATTR_ADT, IPSET_ATTR_TYPENAME } from './linux-ip-set.js';
import { readMembers } from './read-members.js';
import { readBody, readKind, readSetInfo } from './read-set.js';
import { refused } from './refusal.js';
import { writeList } from './write-request.js';

const REQUEST_LENGTH = 256;

/** Where lists are asked for. */
export interface Lister {
  readonly connect: () => NetlinkConnection;
  readonly protocol: number;
  /** The kernel takes no request while it works on another: waits without holding the event loop. */
  readonly turn: (send: () => Promise<void>) => Promise<void>;
}

/** @throws NetlinkError as `Backend.inspect` */
export async function inspectSet(
  { connect, protocol, turn }: Lister,
  set: SetName,
): Promise<SetInfo | undefined> {
  const writer = new MessageWriter(REQUEST_LENGTH);
  let info: SetInfo | undefined;
  const end = await dumpEach(
    connect,
    (sequence) => writeList(writer, { sequence, protocol }, set, 'header'),
    () => (message) => {
      info = readSetInfo(set, message);
    },
    turn,
  );
  if (end.errno === 0) return info;
  if (end.errno === ENOENT) return undefined;
  throw refused('ipset list', set, end);
}

/** @throws NetlinkError as `Backend.members` */
export async function listSet(
  { connect, protocol, turn }: Lister,
  set: SetName,
): Promise<MemberBatches> {
  const writer = new MessageWriter(REQUEST_LENGTH);
  let batches = new MemberBatches();
  const end = await dumpEach(
    connect,
    (sequence) => writeList(writer, { sequence, protocol }, set, 'members'),
    () => {
      batches = new MemberBatches();
      return (message) => {
        const body = readBody(message);
        // Only the first part says what the set is.
        if (body.has(IPSET_ATTR_TYPENAME)) checkType(set, readKind(body).type);
        const list = body.get(IPSET_ATTR_ADT);
        if (list !== undefined) readMembers(list, batches);
      };
    },
    turn,
  );
  if (end.errno === 0) return batches;
  throw refused('ipset list', set, end);
}

function checkType(set: SetName, type: string): void {
  if (SET_TYPES.some((known) => known === type)) return;
  throw new VallumError(
    `set ${set} is a ${type}; Vallum reads and edits ${SET_TYPES.join(', ')} only`,
    { code: 'BACKEND_FAILED', operation: 'ipset list' },
  );
}
