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
  if (status >= 400) throw new Error(await refusalIn(body));
  return JSON.parse(await wholeOf(body)) as unknown;
}

/** What an answer says against the question. */
export async function refusalIn(body: AsyncIterable<string>): Promise<string> {
  return refusalOf(await wholeOf(body));
}

/** The same of an answer that is there as a whole: `{"error":"…"}` */
export function refusalOf(text: string): string {
  const said = JSON.parse(text) as { readonly error?: unknown };
  return typeof said.error === 'string' ? said.error : text;
}

async function wholeOf(body: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of body) text += piece;
  return text;
}

async function* textOf(incoming: IncomingMessage): AsyncGenerator<string> {
  incoming.setEncoding('utf8');
  for await (const piece of incoming) yield String(piece);
}
