import type { Family } from '@vallum/core';
import { IptablesMatches } from './iptables-matches.js';
import { readTarget } from './read-iptables-target.js';
import type { Rule } from './ruleset.js';

/**
 * @param words what stands behind `-A CHAIN`
 * @param chains which names behind `-j` are chains
 */
export function readIptablesRule(
  words: readonly string[],
  text: string,
  family: Family,
  chains: ReadonlyMap<string, unknown>,
): Rule {
  const matches = new IptablesMatches(family);
  let at = 0;
  let negated = false;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '-j' || word === '-g') break;
    if (word === '!') {
      negated = true;
      continue;
    }
    const values: string[] = [];
    // What belongs to an option does not begin with a dash, unless somebody wrote it.
    if (word === '--comment') {
      at += 1;
      continue;
    }
    while (at + 1 < words.length && !isOption(words[at + 1] ?? '')) {
      at += 1;
      values.push(words[at] ?? '');
    }
    matches.read(word, values, negated);
    negated = false;
  }
  const { changes, verdict } = readTarget(words.slice(at), family, chains);
  const condition = matches.condition();
  return {
    cases: condition ? [{ condition, changes, verdict }] : [],
    references: matches.references,
    text,
  };
}

function isOption(word: string): boolean {
  return word === '!' || (word.startsWith('-') && !/^-\d/.test(word));
}
