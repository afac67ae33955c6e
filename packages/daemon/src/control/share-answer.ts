/**
 * Asks once for all who want to know at the same time, or soon after: never a second time while the first
 * question is still open.
 *
 * @param forMs how long an answer is good for, from the moment of the question
 */
export function shareAnswer<Answer>(
  ask: () => Promise<Answer>,
  forMs: number,
  nowMs: () => number = () => performance.now(),
): () => Promise<Answer> {
  let last: { readonly answer: Promise<Answer>; readonly askedMs: number } | undefined;
  let isOpen = false;
  return () => {
    if (last === undefined || (!isOpen && nowMs() - last.askedMs >= forMs)) {
      last = { answer: ask(), askedMs: nowMs() };
      isOpen = true;
      last.answer.then(
        () => {
          isOpen = false;
        },
        () => {
          isOpen = false;
          // What failed may work at once.
          last = undefined;
        },
      );
    }
    return last.answer;
  };
}
