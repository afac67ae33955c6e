/** What `ipset -` answered to each change that it reached: '' or its words, by the change's index. */
export interface SessionAnswers {
  readonly answers: ReadonlyMap<number, string>;
  /** What came after the last answer: why the session ended early, if it did. */
  readonly rest: string;
}

/**
 * Reads standard error of a session that `composeSession` wrote. What stands before a marker
 * belongs to its change:
 *
 *     ipset v7.17: Syntax error: unknown output mode 'x0'
 *     ipset v7.17: Hash is full, cannot add more elements
 *     ipset v7.17: Syntax error: unknown output mode 'x1'
 */
export function readAnswers(stderr: string): SessionAnswers {
  const answers = new Map<number, string>();
  let words: string[] = [];
  for (const line of stderr.split('\n')) {
    const index = /unknown output mode 'x(\d+)'$/.exec(line)?.[1];
    if (index === undefined) {
      words.push(line);
      continue;
    }
    answers.set(Number(index), words.join('\n'));
    words = [];
  }
  return { answers, rest: words.join('\n').trim() };
}
