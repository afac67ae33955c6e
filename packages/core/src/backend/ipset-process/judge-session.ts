import { escapeForDisplay } from '../../words/escape.js';
import type { RunResult } from '../../system/run.js';
import { MAX_TIMEOUT_SECONDS, type Change, type ChangeReport } from '../backend.js';
import { failedChange } from '../explain-fault.js';
import type { NumberedChange } from './compose-session.js';
import { describeEnd } from './ipset-failure.js';
import { readAnswers } from './read-answers.js';
import { essentialLine, translateIpsetMessage } from './translate-ipset-message.js';

/** Turns what a session printed into one report for each of its changes, in the same order. */
export function judgeSession(
  session: readonly NumberedChange[],
  result: RunResult,
): ChangeReport[] {
  const { answers, rest } = readAnswers(result.stderr);
  const why = describeEnd({ code: result.code, stderr: rest });
  return session.map(({ index, change }) => {
    const answer = answers.get(index);
    return answer === undefined ? judgeSilence(change, rest, why) : judge(change, answer);
  });
}

function judge(change: Change, answer: string): ChangeReport {
  const words = essentialLine(answer);
  if (words === '') return { outcome: 'applied' };
  const meaning = translateIpsetMessage(answer);
  switch (meaning) {
    case 'absent':
      return { outcome: 'unchanged' };
    case 'present':
      return { outcome: 'present' };
    case 'timeout-too-long': {
      const detail = `a timeout of more than ${MAX_TIMEOUT_SECONDS} seconds cannot be stored`;
      return failedChange(change, 'unstorable', detail);
    }
    case 'unknown':
    case 'set-exists':
      return failedChange(change, 'unknown', unknownAnswer(change, words));
    default:
      return failedChange(change, meaning);
  }
}

/** ipset ended before it came to the change: whether it was applied is not known. */
function judgeSilence(change: Change, rest: string, why: string): ChangeReport {
  const detail = `no verdict on ${change.address.text} in set ${change.set}: ${why}`;
  const meaning = translateIpsetMessage(rest);
  return meaning === 'permission-denied' || meaning === 'unavailable'
    ? failedChange(change, meaning, detail)
    : failedChange(change, 'unknown', detail);
}

function unknownAnswer({ op, set, address }: Change, words: string): string {
  const said = escapeForDisplay(words, 200);
  return `ipset could not ${op} ${address.text} in set ${set} and said: ${said}`;
}
