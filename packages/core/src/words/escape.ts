/** What `Rejection.input` holds at most. */
export const MAX_DISPLAY_LENGTH = 80;

// Everything that is not seen as itself: controls, format characters (bidi, zero width), lone
// surrogates, private use, unassigned, and white space other than the plain blank.
const HIDDEN = /[\p{C}\p{Z}]/u;

// Printable ASCII without the backslash: shown as it is.
const PLAIN = /^[ -[\]-~]*$/;

/**
 * Makes hostile text fit for a log line or a terminal: what cannot be seen becomes `\x1b` or
 * `\u{202e}`, a backslash becomes two, and bytes that are not UTF-8 become `\xff`. The result holds
 * no line break, no terminal escape and no character that reorders its neighbours.
 *
 * @param max longest result; what is cut off is shown as `…`
 */
export function escapeForDisplay(input: string | Uint8Array, max = MAX_DISPLAY_LENGTH): string {
  // Nearly every topic and reason there is.
  if (typeof input === 'string' && input.length <= max && PLAIN.test(input)) return input;
  // One character is four bytes at most: no need to look at a megabyte for eighty characters.
  const pieces = typeof input === 'string' ? input : fromBytes(input.subarray(0, 4 * (max + 1)));
  let shown = '';
  let cutAt = 0;
  for (const piece of pieces) {
    const next = typeof piece === 'number' ? hex(piece) : escapeCharacter(piece);
    if (shown.length + next.length > max) return `${shown.slice(0, cutAt)}…`;
    shown += next;
    // An escape is shown whole or not at all.
    if (shown.length < max) cutAt = shown.length;
  }
  return shown;
}

function escapeCharacter(character: string): string {
  if (character === ' ') return character;
  if (character === '\\') return '\\\\';
  if (!HIDDEN.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? hex(code) : `\\u{${code.toString(16)}}`;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Characters, and as numbers the bytes that are no UTF-8. */
function* fromBytes(bytes: Uint8Array): Generator<string | number> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    const length = sequenceLength(first);
    try {
      yield decoder.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      yield first;
      at++;
    }
  }
}

/** Bytes of a UTF-8 sequence by its first byte (RFC 3629, section 3). */
function sequenceLength(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}
