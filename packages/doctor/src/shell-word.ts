/** A word for a POSIX shell: `/etc/vallum/key`, `'/etc/my key'`. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
