/**
 * Asks once for all who want to know at the same time, or soon after.
 *
 * @param forMs how long an answer is good for, from the moment of the question
 */
export function shareAnswer<Answer>(
  ask: () => Promise<Answer>,
  forMs: number,
  nowMs: () => number = () => performance.now(),
): () => Promise<Answer> {
  let last: { readonly answer: Promise<Answer>; readonly askedMs: number } | undefined;
  return () => {
    if (last === undefined || nowMs() - last.askedMs >= forMs) {
      const asked = { answer: ask(), askedMs: nowMs() };
      last = asked;
      asked.answer.catch(() => {
        // What failed may work at once.
        if (last === asked) last = undefined;
      });
    }
    return last.answer;
  };
}
