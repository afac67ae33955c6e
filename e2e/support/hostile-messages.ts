/** Messages that a publisher may send who wants to harm, or does not know what he does. */
export interface HostileMessage {
  readonly what: string;
  /** Behind the prefix: `add` or `del`. */
  readonly action: 'add' | 'del';
  readonly payload: string;
}

const LINES = 65_536;

/** @param line number of the line → what it says */
function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

function ipv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => String((number >>> shift) & 0xff)).join('.');
}

const TEN = 0x0a00_0000;

function message(what: string, action: 'add' | 'del', payload: string): HostileMessage {
  return { what, action, payload };
}

/** The same text as many times as are asked for, each with its number. */
function many(
  count: number,
  what: string,
  action: 'add' | 'del',
  payload: (round: number) => string,
): HostileMessage[] {
  return Array.from({ length: count }, (_, round) => message(what, action, payload(round)));
}

/** @param nowUnix seconds */
export function* hostileMessages(nowUnix: number): Generator<HostileMessage> {
  yield message(
    'origins of one address',
    'add',
    lines(28_000, (index) => `203.0.113.5 origin o${String(index)}`),
  );
  yield* many(3, 'origins without end', 'add', (round) =>
    lines(20_000, (index) => `${ipv4(TEN + index)} origin r${String(round)}n${String(index)}`),
  );
  yield* many(3, 'reasons without end', 'add', (round) =>
    lines(
      12_000,
      (index) =>
        `${ipv4(TEN + index)} origin web reason "${String(round)}/${String(index)} ${'x'.repeat(40)}"`,
    ),
  );
  yield* many(5, 'withdrawals of addresses never seen', 'del', (round) =>
    lines(45_000, (index) => `${ipv4(0x0b00_0000 + round * LINES + index)} origin web`),
  );
  yield* many(2, 'sweeps of addresses never seen', 'del', (round) =>
    lines(LINES, (index) => ipv4(0x0c00_0000 + round * LINES + index)),
  );
  yield* many(6, 'more bans than the set takes', 'add', (round) =>
    lines(LINES, (index) => ipv4(0x1700_0000 + round * LINES + index)),
  );
  yield message(
    'wide prefixes',
    'add',
    lines(LINES, (index) => `${ipv4(index * LINES)}/16`),
  );
  yield* many(4, 'a protected address', 'add', () => lines(LINES, () => '127.0.0.1'));
  yield* many(3, 'ban and unban in turn', 'add', (round) =>
    lines(LINES / 4, (index) => ipv4(TEN + index + round)),
  ).flatMap((ban) => [ban, { ...ban, action: 'del' as const }]);
  yield* many(3, 'ends that move up and down', 'add', (round) =>
    lines(
      LINES / 4,
      (index) => `${ipv4(TEN + index)} until ${String(nowUnix + 3600 + (round % 2) * 600)}`,
    ),
  );
  yield* many(2, 'bans that are over at once', 'add', (round) =>
    lines(40_000, (index) => `${ipv4(0x2000_0000 + round * LINES + index)} timeout 3`),
  );
  yield message(
    'nonsense',
    'add',
    lines(LINES, (index) => `nonsense ${String(index)}`),
  );
  yield message('lines of nothing', 'add', '\n'.repeat(900_000));
  yield message('one long line', 'add', 'x'.repeat(900_000));
  yield message('deep JSON', 'add', '['.repeat(450_000) + ']'.repeat(450_000));
  yield message('JSON that does not end', 'add', '[{"address":"' + 'x'.repeat(900_000));
  yield message(
    'large JSON',
    'add',
    JSON.stringify(
      Array.from({ length: 15_000 }, (_, index) => ({
        address: ipv4(TEN + index),
        origin: `json${String(index % 7)}`,
        reason: `of ${String(index)}`,
      })),
    ),
  );
  yield message(
    'JSON of words that nobody knows',
    'add',
    JSON.stringify(
      Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${String(index)}`, 1])),
    ),
  );
}

/** More origins than a ledger keeps, each of which stays. */
export function allOrigins(): string {
  return lines(
    20_000,
    (index) => `${ipv4(0x0d00_0000 + index)} until never origin k${String(index)}`,
  );
}
