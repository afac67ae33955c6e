/**
 * Runs one thing after another: changes apply in the order of the calls, and no two of them plan on
 * the same set. What finds nothing before it starts in the same turn.
 */
export function inTurn(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let last: Promise<void> | undefined;
  return (work) => {
    const result = last === undefined ? work() : last.then(work);
    const leave = (): void => {
      if (last === settled) last = undefined;
    };
    const settled = result.then(leave, leave);
    last = settled;
    return result;
  };
}
