import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * One file of the collection: what it is, what doctor should say, and what loads it.
 *
 *     # about: a web server whose rule for port 80 comes first
 *     # doctor: warning
 *     >>> iptables-restore
 *     *filter
 *     …
 */
export interface Ruleset {
  readonly name: string;
  readonly about: string;
  readonly backend: 'ipset' | 'nftables';
  /** Where the sets are, with nftables: `inet vallum`. */
  readonly home: string;
  /** Whether the machine forwards. */
  readonly forward: boolean;
  /** Levels for the IPv4 set and for the one beside it. */
  readonly doctor: string;
  readonly doctor6: string;
  /** What doctor's sentence holds. */
  readonly says: string | undefined;
  /** Why it may say unknown: then nothing is compared. */
  readonly undecidable: string | undefined;
  readonly steps: readonly { readonly command: readonly string[]; readonly input: string }[];
}

const folder = fileURLToPath(new URL('./collection', import.meta.url));

export function readCollection(): Ruleset[] {
  return readdirSync(folder)
    .sort()
    .map((file) => parse(file.replace(/\.rules$/, ''), readFileSync(`${folder}/${file}`, 'utf8')));
}

function parse(name: string, text: string): Ruleset {
  const [head = '', ...sections] = text.split(/^>>> /m);
  const facts = new Map(
    [...head.matchAll(/^# (\w+): (.*)$/gm)].map(([, key = '', value = '']) => [key, value]),
  );
  const [backend = 'ipset', ...home] = (facts.get('backend') ?? 'ipset').split(' ');
  const unknown = [...facts.keys()].filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw new Error(`${name}: ${unknown.join(', ')}`);
  return {
    ...{ name, about: facts.get('about') ?? '', home: home.join(' ') },
    backend: backend === 'nftables' ? 'nftables' : 'ipset',
    forward: facts.get('forward') === 'yes',
    doctor: facts.get('doctor') ?? 'ok',
    doctor6: facts.get('doctor6') ?? 'warning',
    says: facts.get('says'),
    undecidable: facts.get('undecidable'),
    steps: sections.map((section) => {
      const end = section.indexOf('\n');
      return { command: section.slice(0, end).split(' '), input: section.slice(end + 1) };
    }),
  };
}

const KEYS = ['about', 'backend', 'forward', 'doctor', 'doctor6', 'says', 'undecidable'];
