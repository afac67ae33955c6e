import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { mustRun, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import { daemonCommands, daemonOptions } from '@vallum/daemon';
import { publishCommands } from '@vallum/publish-cli';
import { unpack, type PackageName } from './prepared.js';

const folders = new Map<PackageName, string>();

/** The completions of the package of the program that a line begins with, and an empty home. */
async function place(line: string): Promise<{ name: PackageName; share: string; home: string }> {
  const name = line.startsWith('vallumd') ? 'vallumd' : 'vallum-pub';
  const folder = folders.get(name) ?? (await unpack(name, 'amd64'));
  folders.set(name, folder);
  return { name, share: join(folder, 'usr/share'), home: temporaryFolder() };
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function flagsOf(command: string): string[] {
  const options = daemonCommands.find(({ name }) => name === command)?.options ?? [];
  return options.map(({ name }) => `--${name}`).sort();
}

const switchedOff = daemonOptions
  .filter((option) => option.type === 'boolean' && 'default' in option && option.default)
  .map(({ name }) => `--no-${name}`)
  .sort();

/** What every shell offers at the end of a line. */
const common: [string, string[]][] = [
  ['vallumd ', daemonCommands.map(({ name }) => name).sort()],
  ['vallumd rec', ['reconcile']],
  ['vallumd --pass', ['--password', '--password-file']],
  ['vallumd --backend nf', ['nftables', 'nftables-process']],
  ['vallumd --no-', switchedOff],
  ['vallumd --port 1', []],
  // What only a command takes is offered there only.
  ['vallumd --js', []],
  ['vallumd doctor --js', ['--json']],
  ['vallumd setup --app', ['--apply']],
  ['vallumd setup --rules ', ['iptables', 'nftables']],
  ['vallumd reconcile --', flagsOf('reconcile')],
  ['vallumd -t doctor --js', []],
  ['vallum-pub ', publishCommands.map(({ name }) => name).sort()],
  ['vallum-pub a', ['add']],
  ['vallum-pub add --unt', ['--until']],
  ['vallum-pub del --unt', []],
  ['vallum-pub doctor --qos ', ['0', '1', '2']],
];

suiteNeeding(['dpkg', 'bash'], 'completion in bash', () => {
  async function offered(line: string): Promise<string[]> {
    const { name, share } = await place(line);
    const script = `
      source "$1"
      # As readline divides: at blanks, and = is a word.
      read -ra COMP_WORDS <<<"\${2//=/ = }"
      [[ $2 == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      compopt() { :; }
      function_name=$(complete -p ${name} | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      $function_name
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const completion = join(share, 'bash-completion/completions', name);
    const cwd = join(share, '../..');
    return lines(await mustRun('bash', ['-c', script, 'bash', completion, line], { cwd })).sort();
  }

  it.each([
    ...common,
    ['vallumd --backend=nft', ['nftables', 'nftables-process']],
    ['vallumd --log-level=w', ['warning']],
    ['vallumd --log-target=', ['stderr', 'syslog']],
    ['vallumd --config us', ['usr']],
  ] satisfies [string, string[]][])('of %j offers %j', async (line, expected) => {
    expect(await offered(line)).toEqual(expected);
  });
});

suiteNeeding(['dpkg', 'zsh'], 'completion in zsh', () => {
  const program = fileURLToPath(new URL('offered-by-zsh.zsh', import.meta.url));

  async function offered(line: string): Promise<string[]> {
    const { share, home } = await place(line);
    const completions = join(share, 'zsh/vendor-completions');
    const options = { cwd: join(share, '../..'), env: { HOME: home } };
    return lines(await mustRun('zsh', ['-f', program, completions, line], options)).sort();
  }

  it.each([
    ...common,
    ['vallumd --log-level=w', ['warning']],
    ['vallumd --config us', ['usr']],
    // A list grows, another value is given once.
    ['vallumd -t a -t b --topi', ['--topic']],
    ['vallumd --host a --hos', []],
  ] satisfies [string, string[]][])('of %j offers %j', async (line, expected) => {
    expect(await offered(line)).toEqual(expected);
  });
});

suiteNeeding(['dpkg', 'fish'], 'completion in fish', () => {
  async function offered(line: string): Promise<string[]> {
    const { name, share, home } = await place(line);
    const completion = join(share, `fish/vendor_completions.d/${name}.fish`);
    const text = await mustRun(
      'fish',
      ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', completion, line],
      { cwd: join(share, '../..'), env: { HOME: home } },
    );
    // A word, a tab, what it means.
    return lines(text)
      .map((entry) => entry.replace(/\t.*$/, ''))
      .sort();
  }

  it.each([
    ...common,
    ['vallumd --log-level=w', ['--log-level=warning']],
    ['vallumd --config us', ['usr/']],
  ] satisfies [string, string[]][])('of %j offers %j', async (line, expected) => {
    expect(await offered(line)).toEqual(expected);
  });
});
