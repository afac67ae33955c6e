import { escapeForDisplay } from '../words/escape.js';

/** Bytes of UTF-8 (IPSET_MAX_COMMENT_SIZE of linux/netfilter/ipset/ip_set.h). */
const MAX_COMMENT_LENGTH = 255;

/**
 * What a kernel set keeps of a comment. The kernel would take any bytes, but `ipset save` prints them
 * between quotation marks for `ipset restore` to read, so none of these gets in, and nothing that
 * cannot be seen: `say "hi"` becomes `say 'hi'`, a line break `\x0a`.
 *
 * @returns undefined where nothing is left
 */
export function storableComment(text: string): string | undefined {
  const shown = escapeForDisplay(text, MAX_COMMENT_LENGTH).replaceAll('"', "'").trim();
  const fits = cutBytes(shown);
  return fits === '' ? undefined : fits;
}

/** The longest beginning that fits, ending between characters. */
function cutBytes(text: string): string {
  if (Buffer.byteLength(text) <= MAX_COMMENT_LENGTH) return text;
  let length = 0;
  let cut = '';
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > MAX_COMMENT_LENGTH) break;
    cut += character;
  }
  return cut;
}
