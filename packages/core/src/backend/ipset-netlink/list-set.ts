import { VallumError } from '../../words/errors.js';
import type { SetName } from '../../words/names.js';
import { dump, ENOENT, MessageWriter, type NetlinkConnection } from '../../netlink/index.js';
import { SET_TYPES, type SetInfo, type SetMember } from '../backend.js';
import { IPSET_ATTR_ADT, IPSET_ATTR_TYPENAME } from './linux-ip-set.js';
import { readMembers } from './read-members.js';
import { readBody, readKind, readSetInfo } from './read-set.js';
import { refused } from './refusal.js';
import { writeList } from './write-request.js';

const REQUEST_LENGTH = 256;

/** @throws NetlinkError as `Backend.inspect` */
export async function inspectSet(
  connect: () => NetlinkConnection,
  protocol: number,
  set: SetName,
): Promise<SetInfo | undefined> {
  const writer = new MessageWriter(REQUEST_LENGTH);
  const outcome = await dump<SetInfo>(
    connect,
    (sequence) => writeList(writer, { sequence, protocol }, set, 'header'),
    (message, add) => {
      add(readSetInfo(set, message));
    },
  );
  if (outcome.ok) return outcome.items[0];
  if (outcome.refusal.errno === ENOENT) return undefined;
  throw refused('ipset list', set, outcome.refusal);
}

/** @throws NetlinkError as `Backend.members` */
export async function listMembers(
  connect: () => NetlinkConnection,
  protocol: number,
  set: SetName,
): Promise<SetMember[]> {
  const writer = new MessageWriter(REQUEST_LENGTH);
  const outcome = await dump<SetMember>(
    connect,
    (sequence) => writeList(writer, { sequence, protocol }, set, 'members'),
    (message, add) => {
      const body = readBody(message);
      // Only the first part says what the set is.
      if (body.has(IPSET_ATTR_TYPENAME)) checkType(set, readKind(body).type);
      const list = body.get(IPSET_ATTR_ADT);
      if (list !== undefined) readMembers(list, add);
    },
  );
  if (outcome.ok) return outcome.items;
  throw refused('ipset list', set, outcome.refusal);
}

function checkType(set: SetName, type: string): void {
  if (SET_TYPES.some((known) => known === type)) return;
  throw new VallumError(
    `set ${set} is a ${type}; Vallum reads and edits ${SET_TYPES.join(', ')} only`,
    { code: 'BACKEND_FAILED', operation: 'ipset list' },
  );
}
