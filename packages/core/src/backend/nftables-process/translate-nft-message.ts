/** What a message of `nft` means. */
export type NftMeaning =
  | 'missing'
  | 'absent'
  | 'full'
  | 'exists'
  | 'overlaps'
  | 'wrong-family'
  | 'permission-denied'
  | 'unavailable'
  | 'unknown';

// Words of nft 1.0.6 and the kernel's error texts, seen with LC_ALL=C, such as
//   /dev/stdin:3:32-38: Error: Could not process rule: No such file or directory
const MEANINGS: readonly (readonly [RegExp, NftMeaning])[] = [
  [/Operation not permitted|Permission denied|must be root/, 'permission-denied'],
  // The kernel did not find the element; nft itself finds the set, or an interval, before.
  [/Could not process rule: No such file or directory/, 'absent'],
  [/element does not exist/, 'absent'],
  [/No such file or directory/, 'missing'],
  // ENFILE
  [/Too many open files in system|Set is full/, 'full'],
  [/interval overlaps with an existing one|conflicting intervals/, 'overlaps'],
  [/File exists/, 'exists'],
  [/Could not resolve hostname|Address family/, 'wrong-family'],
  [/Operation not supported|Protocol not supported|cache initialization failed/, 'unavailable'],
];

/** Reads what `nft` wrote to standard error. The only file that knows its words. */
export function translateNftMessage(text: string): NftMeaning {
  return MEANINGS.find(([words]) => words.test(text))?.[1] ?? 'unknown';
}

/**
 * Takes apart what `nft -f -` says of each bad line:
 *
 *     /dev/stdin:3:32-38: Error: Could not process rule: No such file or directory
 *     delete element inet filter s { 9.2.3.5 }
 *                                    ^^^^^^^
 *
 * @returns the message by its line, counted from 1; of several for one line the first
 */
export function readLineErrors(stderr: string): Map<number, string> {
  const errors = new Map<number, string>();
  for (const [, line, message] of stderr.matchAll(/^\/dev\/stdin:(\d+):[\d-]+: Error: (.*)$/gm)) {
    const number = Number(line);
    if (!errors.has(number)) errors.set(number, message ?? '');
  }
  return errors;
}

/** The line that says what is wrong. */
export function essentialLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => line.includes('Error: ')) ?? lines[0] ?? '').trim();
}
