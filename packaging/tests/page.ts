import { readFileSync } from 'node:fs';

/** What a page shows to be typed or written to a file; throws where it does not show it any more. */
export interface Page {
  /** The fenced block of this language that the pattern is found in. */
  block(language: string, pattern: RegExp): string;
  /** The command in running text, between backticks, that the pattern is found in. */
  inline(pattern: RegExp): string;
}

/** @param name such as `docs/install.md` */
export function readPage(name: string): Page {
  const text = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  const find = (what: string, shown: readonly string[], pattern: RegExp) => {
    const found = shown.find((one) => pattern.test(one));
    if (found === undefined) throw new Error(`${name} shows no ${what} with ${String(pattern)}`);
    return found;
  };
  return {
    block(language, pattern) {
      const fences = text.matchAll(new RegExp(`^ *\`\`\`${language}\\n(.*?)^ *\`\`\`$`, 'gms'));
      return find(
        `block of ${language}`,
        [...fences].map(([, body = '']) => body),
        pattern,
      );
    },
    inline(pattern) {
      const running = text.replace(/^ *```.*?^ *```$/gms, '');
      return find(
        'command',
        [...running.matchAll(/`([^`\n]+)`/g)].map(([, command = '']) => command),
        pattern,
      );
    },
  };
}

/** Lines of a console block that are typed, without their prompt. */
export function typed(block: string): string {
  return block
    .split('\n')
    .filter((line) => /^[#$] /.test(line))
    .map((line) => line.slice(2))
    .join('\n');
}
