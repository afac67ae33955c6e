import { addressAt } from '../address/address-columns.js';
import type { SetName } from '../words/names.js';
import type { Backend, MemberColumns, SetMember } from './backend.js';

/** What a set holds as objects, for those who have few. @throws VallumError as `Backend.members` */
export async function listMembers(
  backend: Pick<Backend, 'members'>,
  set: SetName,
): Promise<SetMember[]> {
  const members: SetMember[] = [];
  await backend.members(set, (columns) => {
    for (let index = 0; index < columns.length; index++) members.push(memberAt(columns, index));
  });
  return members;
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
