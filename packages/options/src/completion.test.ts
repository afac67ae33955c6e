import { describe, expect, it } from '@jest/globals';
import { renderBashCompletion } from './bash-completion.js';
import { renderFishCompletion } from './fish-completion.js';
import { defineOption } from './option.js';
import { renderZshCompletion } from './zsh-completion.js';

const table = [
  defineOption({
    name: 'topic',
    short: 't',
    type: 'string[]',
    description: "A topic's name [and: set]",
    group: 'Sets',
    placeholder: 'TOPIC:SET',
  }),
  defineOption({ name: 'on', type: 'boolean', default: true, description: 'On', group: 'Sets' }),
  defineOption({
    ...{ name: 'confirm', type: 'string', implied: 'all', placeholder: 'COUNT' },
    ...{ description: 'Wait', group: 'Sets' },
  }),
  defineOption({ name: 'list', type: 'file', description: 'A list', group: 'Sets' }),
];
const json = defineOption({ name: 'json', type: 'boolean', description: 'JSON', group: 'Sets' });
const completed = {
  program: 'vallum-x',
  table,
  commands: [
    { name: 'look', synopsis: '', summary: "looks, and doesn't touch", options: [...table, json] },
    { name: 'go', synopsis: '', summary: 'goes', options: table.slice(1) },
  ],
};

describe('completion', () => {
  it('in bash offers a command the options that it takes', () => {
    const text = renderBashCompletion(completed);
    expect(text).toContain(
      "look) COMPREPLY=($(compgen -W $'--topic\\n--no-on\\n--confirm\\n--list\\n--json'",
    );
    expect(text).toContain("go) COMPREPLY=($(compgen -W $'--no-on\\n--confirm\\n--list'");
    expect(text).toContain('complete -F _vallum_x vallum-x');
  });

  it('offers behind a flag that may stand alone what stands there without it', () => {
    expect(renderBashCompletion(completed)).not.toContain('    --confirm)');
    expect(renderZshCompletion(completed)).toContain("'--confirm=-[Wait]::COUNT: '");
    expect(renderFishCompletion(completed)).toContain(" -l confirm -d 'Wait'");
  });

  it('in zsh escapes what would divide a description, and lets a list be given again', () => {
    const text = renderZshCompletion(completed);
    expect(text).toContain("'*'{-t+,--topic=}'[A topic'\\''s name \\[and: set\\]]:TOPIC\\:SET: '");
    expect(text).toContain("'look:looks, and doesn'\\''t touch'");
    expect(text).toContain("'--list=[A list]:VALUE:_files'");
    expect(text).toContain("'--no-on[On]'");
  });

  it('in fish offers an option wherever it is taken, and nowhere else', () => {
    const lines = renderFishCompletion(completed).split('\n');
    const lineOf = (flag: string) => lines.find((line) => line.includes(` -l ${flag} `)) ?? '';
    expect(lineOf('json')).toContain("-n '__vallum_x_command_is look'");
    expect(lineOf('topic')).toContain("-n 'not __vallum_x_command_is go'");
    expect(lineOf('no-on')).not.toContain(' -n ');
    expect(lineOf('list')).toContain(' -r -F ');
    expect(lineOf('topic')).toContain("-d 'A topic\\'s name [and: set]'");
  });
});
