import { request, type IncomingMessage } from 'node:http';

/** An answer of the running daemon. */
export interface Answer {
  readonly status: number;
  readonly body: AsyncIterable<string>;
}

/** Nobody answers there: no daemon, not allowed, or one that hangs (`ETIMEDOUT`) or goes (`ECONNRESET`). */
export class NoAnswer extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/** The daemon's word against a question: it is wrong (4xx), or cannot be answered now (5xx). */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** Nodes of a fleet have a second to answer in. */
const ANSWER_WITHIN_MS = 30_000;

/**
 * Asks the daemon over its control socket.
 *
 * @param path with its query: `/api/status`
 * @param options `withinMs`: how long is waited for the beginning of the answer; default 30 s
 * @throws NoAnswer
 */
export function ask(
  socketPath: string,
  path: string,
  {
    method = 'GET',
    withinMs = ANSWER_WITHIN_MS,
  }: { readonly method?: 'GET' | 'POST'; readonly withinMs?: number } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, method }, (incoming) => {
      clearTimeout(timer);
      resolve({ status: incoming.statusCode ?? 0, body: textOf(incoming) });
    });
    const timer = setTimeout(() => {
      const seconds = Math.round(withinMs / 1000).toString();
      const message = `the vallumd behind ${socketPath} has not answered within ${seconds} s`;
      reject(new NoAnswer(message, 'ETIMEDOUT'));
      outgoing.destroy();
    }, withinMs);
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(new NoAnswer(error.message, error.code));
    });
    outgoing.end();
  });
}

/** @throws NoAnswer, Refused */
export async function askForJson(
  socketPath: string,
  path: string,
  options: Parameters<typeof ask>[2] = {},
): Promise<unknown> {
  const { status, body } = await ask(socketPath, path, options);
  const text = await wholeOf(body);
  if (status >= 400) throw refusalOf(status, text);
  return JSON.parse(text) as unknown;
}

/**
 * What an answer says against the question.
 *
 * @param text `{"error":"…"}`
 */
export function refusalOf(status: number, text: string): Refused {
  try {
    const said = JSON.parse(text) as { readonly error?: unknown } | null;
    if (typeof said?.error === 'string') return new Refused(said.error, status);
  } catch {
    // Not vallumd's words.
  }
  return new Refused(`answered with ${status.toString()}: ${text.slice(0, 200)}`, status);
}

/** @throws NoAnswer where the daemon goes in the middle of it */
export async function wholeOf(body: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of body) text += piece;
  return text;
}

async function* textOf(incoming: IncomingMessage): AsyncGenerator<string> {
  incoming.setEncoding('utf8');
  try {
    for await (const piece of incoming) yield String(piece);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new NoAnswer(`vallumd went away in the middle of its answer: ${message}`, code);
  }
}
