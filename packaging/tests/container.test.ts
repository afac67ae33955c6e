import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Accounts of an access list of Mosquitto, with their lines. */
function accounts(text: string): Map<string, string[]> {
  const blocks = text.split(/^user /m).slice(1);
  return new Map(
    blocks.map((block) => {
      const [name = '', ...lines] = block.split('\n');
      return [name, lines.filter((line) => line.startsWith('topic '))];
    }),
  );
}

describe('the files for containers', () => {
  it('give each account the access that the page about security gives it', () => {
    const [, page = ''] =
      /```\n# \/etc\/mosquitto\/\S*acl\n([^]*?)```/.exec(read('docs/security.md')) ?? [];
    const there = accounts(page);
    const here = accounts(read('packaging/container/mosquitto/acl'));
    expect([...here.keys()]).toEqual(['fw1', 'web1']);
    for (const [name, lines] of here) expect([name, lines]).toEqual([name, there.get(name)]);
  });

  it('name no file that is neither there nor made by the commands of their page', () => {
    const page = read('docs/container.md');
    const compose = parse(read('packaging/container/compose.yaml')) as {
      secrets: Record<string, { file: string }>;
    };
    for (const { file } of Object.values(compose.secrets)) {
      expect(page).toContain(`>${file.replace('./', '')}\n`);
    }
    const configuration = read('packaging/container/mosquitto/mosquitto.conf');
    const files = [...configuration.matchAll(/\/mosquitto\/config\/(\S+)/g)].map(
      ([, name]) => name,
    );
    expect(files).toEqual(['passwords', 'acl']);
    expect(page).toContain('>mosquitto/passwords\n');
    const acl = new URL('../container/mosquitto/acl', import.meta.url);
    expect(existsSync(acl)).toBe(true);
  });
});
