/** Findings are some hundred bytes each. */
export const MOST_BYTES = 4 * 1024 * 1024;

/** @throws SyntaxError where it is no JSON object, or a huge one */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  if (text.length > MOST_BYTES) throw new SyntaxError('too long');
  const json: unknown = JSON.parse(text);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new SyntaxError('not an object');
  }
  return json as Readonly<Record<string, unknown>>;
}
