import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { VallumError } from '@vallum/core';
import { decode, parseBinding } from '@vallum/core/protocol';
import { runDaemon } from '@vallum/daemon';
import { parseCommandLine, runPublish } from '@vallum/publish-cli';
import { mustRun, runProcess, temporaryFolder, whyMissing } from '@vallum/test-kit';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
  ...readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}/README.md`)
    .filter((page) => existsSync(join(root, page))),
];
const read = (page: string) => readFileSync(join(root, page), 'utf8');

/** The fenced blocks of a language. */
function blocks(page: string, language: string): string[] {
  const fence = new RegExp('^```' + language + '\\n(.*?)^```$', 'gms');
  return [...read(page).matchAll(fence)].map(([, text = '']) => text);
}

/** Command lines of one program in all pages, divided into words as a shell does it. */
async function commands(program: string): Promise<{ page: string; words: string[] }[]> {
  const found = pages.flatMap((page) =>
    blocks(page, 'sh')
      .flatMap((block) => block.split('\n'))
      .map((line) => line.replace(/^(sudo|npx -p \S+) /, ''))
      .filter((line) => line.startsWith(`${program} `))
      .map((line) => ({ page, line })),
  );
  return Promise.all(
    found.map(async ({ page, line }) => {
      const script = `set -f; printf '%s\\0' ${line.slice(program.length)}`;
      const words = await mustRun('bash', ['-c', script]);
      return { page, words: words.split('\0').slice(0, -1) };
    }),
  );
}

/** Commands that ask a running vallumd. */
const ASKING = ['status', 'list', 'why', 'watch', 'top', 'fleet'];

/** vallumd's own opinion of its arguments and file, without starting it. */
async function checkConfig(words: readonly string[]) {
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  // What doctor and setup come to is the machine's affair: that they take the words is the page's.
  const canSetUp = whyMissing('ipset') === undefined && whyMissing('iptables') === undefined;
  const asked = {
    doctor: ['--help'],
    'broker-files': ['--help'],
    ...Object.fromEntries(ASKING.map((name) => [name, ['--help']])),
    setup: words.includes('--remove') || !canSetUp ? ['--help'] : [],
  }[words[0] ?? ''] ?? ['--check-config'];
  const plain = words.filter((word) => words[0] !== 'setup' || word !== '--apply');
  const code = await runDaemon([...plain, ...asked], {
    env: {},
    print: write,
    errors: { write, journal: false },
    onSignal: () => () => undefined,
  });
  return { code, said };
}

/** Documented paths do not exist on the machine that tests. */
function withRealFiles(text: string): string {
  const password = join(temporaryFolder(), 'password');
  writeFileSync(password, '0123456789abcdef\n', { mode: 0o600 });
  return text.replaceAll(/\/etc\/vallum\/(mqtt-password|http-token)/g, password);
}

/** What a package has in /etc/vallum, with every key that is commented out there, and real files. */
function packedConfig(program: string): string {
  const packed = read(`packaging/debian/${program}/${program}.yaml`);
  const keys = [...packed.matchAll(/^#([a-z-]+: .*)$/gm)].map(([, line = '']) => line);
  // Not `port`: TLS in a file says it.
  expect(keys.map((line) => line.split(':', 1)[0])).toEqual(
    expect.arrayContaining(['host', 'tls', 'ca-file', 'username']),
  );
  const folder = temporaryFolder();
  const authority = join(folder, 'ca.pem');
  writeFileSync(authority, '-----BEGIN CERTIFICATE-----\n');
  const file = join(folder, `${program}.yaml`);
  const text = `${keys.join('\n')}\n`.replace('/etc/vallum/ca.pem', authority);
  writeFileSync(file, withRealFiles(text), { mode: 0o600 });
  return file;
}

const manifests = readdirSync(join(root, 'packages')).map(
  (name) =>
    JSON.parse(read(`packages/${name}/package.json`)) as {
      readonly name: string;
      readonly private?: boolean;
      readonly bin?: Readonly<Record<string, string>>;
      readonly homepage?: string;
    },
);
/** The commands of each package that is published. */
const bins = new Map(
  manifests
    .filter((manifest) => manifest.private !== true)
    .map(({ name, bin = {} }) => [name, Object.keys(bin)]),
);
const repository = manifests
  .find(({ homepage }) => homepage !== undefined)
  ?.homepage?.split('/tree/')[0];

/** What file a link is to; undefined for pages that are elsewhere. */
function inRepository(page: string, path: string): string | undefined {
  if (path === '') return page;
  if (!/^https?:/.test(path)) return join(dirname(page), path);
  const [, place] = path.split(`${String(repository)}/`);
  return place?.replace(/^(blob|tree)\/main\//, '');
}

/** As GitHub makes them of headings, and those that stand there. */
function anchors(page: string): string[] {
  const text = read(page);
  const titles = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  return [...titles, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}

describe('the documentation', () => {
  it('is what its sources make of it', async () => {
    const { code, stderr } = await runProcess(process.execPath, [
      join(root, 'scripts/generate-docs.mjs'),
      '--check',
    ]);
    expect([code, stderr]).toEqual([0, '']);
  }, 120_000);

  it.each(pages)('%s links to what exists', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
      ([, target, named = '']) => target ?? named,
    );
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = inRepository(page, path);
      if (target === undefined) return false;
      if (!resolve(root, target).startsWith(root)) return true;
      const found = statSync(join(root, target), { throwIfNoEntry: false });
      // Only a page on the web shows a folder.
      const isShown = found?.isFile() === true || (path.includes('/tree/') && found !== undefined);
      return !isShown || (anchor !== undefined && !anchors(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it.each(pages)('%s shows pictures that exist, and says what is on them', (page) => {
    const shown = [...read(page).matchAll(/<(?:img|source) [^>]+>/g)].map(([tag]) => tag);
    const amiss = shown.filter((tag) => {
      const [, path = ''] = /\bsrc(?:set)?="([^"#]+)/.exec(tag) ?? [];
      const isThere = existsSync(join(root, dirname(page), path));
      return !isThere || (tag.startsWith('<img') && !/ alt="[^"]{20,}"/.test(tag));
    });
    expect(amiss).toEqual([]);
  });

  it('calls no package of somebody else with npx', () => {
    const calls = pages.flatMap((page) =>
      [...read(page).matchAll(/\bnpx +([^\n`]+)/g)].map(([, words = '']) => ({ page, words })),
    );
    expect(calls.length).toBeGreaterThan(2);
    const foreign = calls.filter(({ words }) => {
      // npx without -p fetches a package that is named like the command, and the commands' names are
      // not ours there.
      const [, name = '', command = ''] = /^-p (@vallum\/\S+) (\S+)/.exec(words) ?? [];
      return bins.get(name)?.includes(command) !== true;
    });
    expect(foreign).toEqual([]);
  });

  it('shows command lines of vallum-pub that it takes', async () => {
    const shown = await commands('vallum-pub');
    expect(shown.length).toBeGreaterThan(3);
    for (const { page, words } of shown) {
      // The other commands have options of their own: e2e/pages.test.ts runs them.
      if (['doctor', 'import', 'protect', 'why'].includes(words[0] ?? '')) continue;
      const parsed = parseCommandLine(words);
      expect(parsed.ok ? [] : [page, ...words, parsed.detail]).toEqual([]);
    }
  });

  it('shows command lines of vallumd that it takes', async () => {
    const shown = await commands('vallumd');
    expect(shown.length).toBeGreaterThan(1);
    for (const { page, words } of shown) {
      const checked = await checkConfig(words.map(withRealFiles));
      expect(checked.code === 0 ? [] : [page, ...words, checked.said]).toEqual([]);
    }
  });

  it('shows a configuration file of vallumd that can be used', async () => {
    const [yaml = ''] = blocks('docs/operations.md', 'yaml');
    const file = join(temporaryFolder(), 'vallumd.yaml');
    writeFileSync(file, withRealFiles(yaml));
    expect(await checkConfig(['--config', file])).toEqual({
      code: 0,
      said: `configuration ${file}: can be used\n`,
    });
  });

  it('packs a configuration file of vallumd whose lines can be used as they stand', async () => {
    expect(await checkConfig(['--config', packedConfig('vallumd')])).toMatchObject({ code: 0 });
  });

  it('packs a configuration file of vallum-pub whose lines connect as they stand', async () => {
    const dialled: unknown[] = [];
    await runPublish(['add', '203.0.113.7', '--config', packedConfig('vallum-pub')], {
      ...{
        stdin: Readable.from([]),
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        env: {},
      },
      connect: (broker) => {
        dialled.push(broker);
        throw new VallumError('seen', { code: 'INVALID_ARGUMENT', operation: 'test' });
      },
    });
    expect(dialled).toEqual([
      expect.objectContaining({ host: 'broker.example', port: 8883, tls: true, username: 'web1' }),
    ]);
  });

  it('shows a configuration file of vallum-pub that can be used', async () => {
    const [yaml = ''] = blocks('README.md', 'yaml');
    const file = join(temporaryFolder(), 'vallum-pub.yaml');
    writeFileSync(file, withRealFiles(yaml));
    let said = '';
    const stream = { write: (text: string) => (said += text) };
    const code = await runPublish(
      ['add', '203.0.113.7', '--set', 'blacklist', '--dry-run', '--config', file],
      { stdin: Readable.from([]), stdout: stream, stderr: new PassThrough(), env: {} },
    );
    expect({ code, said }).toEqual({ code: 0, said: 'blacklist/add 203.0.113.7\n' });
  });

  it('shows entries that are understood', () => {
    const [, lines = ''] = blocks('docs/protocol.md', '');
    const [json = ''] = blocks('docs/protocol.md', 'json');
    const binding = parseBinding('blacklist');
    if (!binding.ok) throw new Error(binding.detail);
    for (const [text, entries] of [[lines, 5] as const, [json, 3] as const]) {
      const message = { topic: 'blacklist/add', payload: Buffer.from(text) };
      const { commands: understood, rejections } = decode(message, [binding.value], 1_790_000_000);
      expect(rejections).toEqual([]);
      expect(understood).toHaveLength(entries);
    }
  });
});
