/**
 * `1,234 bans`. Not with toLocaleString, which spends 25 ms on loading ICU's data: as much as the
 * whole start of Node.
 */
export function count(number: number, one: string): string {
  const many = one.endsWith('y') ? `${one.slice(0, -1)}ies` : `${one}s`;
  return `${groupDigits(number)} ${number === 1 ? one : many}`;
}

/** `1234567` to `1,234,567` */
export function groupDigits(number: number): string {
  return number.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}
