/** Milliseconds as they are told: more digits would only be noise. */
export function toTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
