/**
 * Divides a line as iptables-save writes it: words in double quotes where they hold blanks, with `"`
 * and `\` escaped inside.
 *
 *     -A INPUT -m comment --comment "va\"l lum" -j DROP
 */
export function splitWords(line: string): string[] {
  if (!line.includes('"')) return line.split(' ').filter((word) => word !== '');
  const words: string[] = [];
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)) {
    const [, quoted, plain = ''] = match;
    words.push(quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'));
  }
  return words;
}
