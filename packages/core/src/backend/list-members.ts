import { addressAt, addressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import type { Backend, MemberColumns, SetMember } from './backend.js';
import { checkSetName } from './check-set-name.js';

/**
 * What a set holds as objects, for those who have few.
 *
 * @throws VallumError `INVALID_ARGUMENT` where no set can have this name, and as `Backend.members`
 */
export async function listMembers(
  backend: Pick<Backend, 'members'>,
  set: string,
): Promise<SetMember[]> {
  const members: SetMember[] = [];
  await backend.members(checkSetName(set, 'list members'), (columns) => {
    for (let index = 0; index < columns.length; index++) members.push(memberAt(columns, index));
  });
  return members;
}

/** Members of one set as columns, for backends that have objects. */
export function memberColumns(family: Family, members: readonly SetMember[]): MemberColumns {
  const comments = members.map(({ comment }) => comment);
  return {
    ...addressColumns(
      family,
      members.map(({ address }) => address),
    ),
    timeoutSeconds: Uint32Array.from(members, ({ timeoutSeconds = 0 }) => timeoutSeconds),
    exceptions: Uint8Array.from(members, ({ exception }) => (exception === true ? 1 : 0)),
    ...(comments.some((comment) => comment !== undefined) ? { comments } : {}),
  };
}

/** One member of the columns as an object. */
export function memberAt(columns: MemberColumns, index: number): SetMember {
  const comment = columns.comments?.[index];
  return {
    address: addressAt(columns, index),
    timeoutSeconds: columns.timeoutSeconds[index] ?? 0,
    ...(comment === undefined ? {} : { comment }),
    ...(columns.exceptions[index] === 1 ? { exception: true } : {}),
  };
}
