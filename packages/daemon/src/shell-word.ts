/** @returns one word of a POSIX shell, whatever the text holds; NUL, which no word can hold, stays */
export function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
