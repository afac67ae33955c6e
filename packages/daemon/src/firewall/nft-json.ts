/** A piece of what `nft -j` prints (libnftables-json(5)). */
export type Json = Readonly<Record<string, unknown>>;

/** `{}` for what is no object. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** The only key of an object and what it holds: `{"drop": null}` is a statement like that. */
export function single(value: unknown): readonly [string, unknown] {
  const [entry = ['', undefined]] = Object.entries(object(value));
  return entry;
}
