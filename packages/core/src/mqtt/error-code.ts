/**
 * The `code` of an error: a name from Node and OpenSSL, a number from MQTT.js. Asked of the shape
 * and not of the class, since errors of another realm (worker, vm) are instances of another Error.
 */
export function errorCode(error: unknown): string | number | undefined {
  const code: unknown = property(error, 'code');
  if (typeof code === 'string' || typeof code === 'number') return code;
  // AggregateError of several addresses: the first one's code speaks for all.
  const errors: unknown = property(error, 'errors');
  return Array.isArray(errors) ? errorCode(errors[0]) : undefined;
}

export function errorMessage(error: unknown): string {
  const message: unknown = property(error, 'message');
  return typeof message === 'string' ? message : '';
}

function property(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null
    ? (error as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
