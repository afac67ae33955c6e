import { request, type IncomingMessage } from 'node:http';

/** An answer of the running daemon. */
export interface Answer {
  readonly status: number;
  readonly body: AsyncIterable<string>;
}

/** Nobody answers there: no daemon, or not allowed. */
export class NoAnswer extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/**
 * Asks the daemon over its control socket.
 *
 * @param path with its query: `/api/status`
 * @throws NoAnswer
 */
export function ask(
  socketPath: string,
  path: string,
  {
    method = 'GET',
    signal,
  }: { readonly method?: 'GET' | 'POST'; readonly signal?: AbortSignal } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, path, method, ...(signal === undefined ? {} : { signal }) },
      (incoming) => {
        resolve({ status: incoming.statusCode ?? 0, body: textOf(incoming) });
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      reject(new NoAnswer(error.message, error.code));
    });
    outgoing.end();
  });
}

/** @throws NoAnswer, and Error with what the daemon has to say against the question */
export async function askForJson(
  socketPath: string,
  path: string,
  options: Parameters<typeof ask>[2] = {},
): Promise<unknown> {
  const { status, body } = await ask(socketPath, path, options);
  let text = '';
  for await (const piece of body) text += piece;
  const value = JSON.parse(text) as unknown;
  if (status < 400) return value;
  throw new Error(
    (value as { readonly error?: string }).error ?? `the daemon answers ${status.toString()}`,
  );
}

async function* textOf(incoming: IncomingMessage): AsyncGenerator<string> {
  incoming.setEncoding('utf8');
  for await (const piece of incoming) yield String(piece);
}
