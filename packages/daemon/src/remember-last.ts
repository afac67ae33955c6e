/** Remembers the last answer: what is asked by the thousand is mostly what was asked before. */
export function rememberLast<Question extends string | number, Answer>(
  answer: (question: Question) => Answer,
): (question: Question) => Answer {
  let last: { readonly question: Question; readonly answer: Answer } | undefined;
  return (question) => {
    if (last?.question !== question) last = { question, answer: answer(question) };
    return last.answer;
  };
}
