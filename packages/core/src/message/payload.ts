import { failure, success, type Result } from '../words/result.js';

export const MAX_PAYLOAD_BYTES = 1_048_576;
export const MAX_ENTRIES = 65_536;

export const LINE_FEED = 0x0a;

/** Blanks, tabs and ends of lines; nothing else is white space. */
export function isWhiteSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

export function parseJson(text: string): Result<unknown, 'not-json'> {
  try {
    return success(JSON.parse(text) as unknown);
  } catch {
    return failure(
      'not-json',
      'the payload starts as JSON and is none: check its quotes, commas and brackets',
    );
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns undefined where the bytes are no UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Lines that hold more than white space. */
export function countLines(payload: Uint8Array): number {
  let lines = 0;
  let blank = true;
  for (const code of payload) {
    if (code === LINE_FEED) blank = true;
    else if (blank && !isWhiteSpace(code)) {
      blank = false;
      lines++;
    }
  }
  return lines;
}
