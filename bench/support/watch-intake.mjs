/** Where a list has been published and nothing more of it comes for so long, the rest is lost. */
export const GIVE_UP_MS = 5_000;

/**
 * Reads in the log what has been taken in of the list: messages of some hundred bans are told in a
 * line each, and the last one, which may hold few, in a line a ban. Where Mosquitto has more than
 * 1,000 messages to deliver it drops what comes on top.
 */
export function watchIntake(node) {
  let last = { bans: 0, atMs: performance.now() };
  const bans = () => {
    let sum = 0;
    for (const [, some] of node
      .log()
      .matchAll(/ ([\d,]+) of [\d,]+ entries banned in | \(origin web/g)) {
      sum += Number(some?.replaceAll(',', '') ?? 1);
    }
    return sum;
  };
  return {
    bans,
    /** Whether so long nothing has come; costs little, since it looks once a second. */
    isOver() {
      const now = performance.now();
      if (now - last.atMs < 1_000) return false;
      const sum = bans();
      if (sum === last.bans) return now - last.atMs > GIVE_UP_MS;
      last = { bans: sum, atMs: now };
      return false;
    },
  };
}
