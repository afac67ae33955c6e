import { describe, expect, it } from '@jest/globals';
import { renderManual } from './manual.js';
import { defineOption } from './option.js';

const table = [
  defineOption({
    name: 'log-level',
    short: 'l',
    type: 'enum',
    choices: ['a', 'b'],
    env: 'LEVEL',
    configKey: 'log-level',
    default: 'a',
    description: 'How much \\ to say',
    group: 'Logging',
    placeholder: 'LEVEL',
  }),
  defineOption({
    name: 'status',
    type: 'boolean',
    default: true,
    description: 'Publish it',
    group: 'General',
  }),
  defineOption({
    ...{ name: 'confirm', type: 'string', implied: 'all', placeholder: 'COUNT' },
    ...{ description: 'Wait', group: 'General' },
  }),
];

const page = {
  name: 'vallum-x',
  section: 8,
  date: new Date('2026-11-03T00:00:00Z'),
  summary: 'does things',
} as const;

describe('renderManual', () => {
  it('describes each option under its heading', () => {
    const text = renderManual({
      ...page,
      parts: [{ title: 'Options', options: { table, as: 'flags' } }],
    });
    expect(text).toContain('.Dd November 3, 2026\n.Dt VALLUM-X 8\n');
    expect(text).toContain(
      [
        '.Ss Logging',
        '.Bl -tag -width Ds',
        '.It Fl l Ar "LEVEL" , Fl \\-log\\-level Ar "LEVEL"',
        'How much \\e to say.',
        'One of a, b.',
        'Default: "a".',
        'Environment:',
        '.Ev LEVEL .',
        '.El',
      ].join('\n'),
    );
    expect(text).toContain('.It Fl \\-confirm Ns Oo = Ns Ar "COUNT" Oc\nWait.\n');
    expect(text).toContain('.It Fl \\-no\\-status\nOff switch: Publish it.\n');
  });

  it('describes the keys of the file, and only them', () => {
    const text = renderManual({
      ...page,
      section: 5,
      parts: [{ title: 'Keys', options: { table, as: 'keys' } }],
    });
    expect(text).toContain('.It Ic "log\\-level" : Ar "LEVEL"\n');
    expect(text).not.toContain('Publish it');
  });

  it('lets no text be taken for a macro', () => {
    const text = renderManual({ ...page, parts: [{ title: 'A', paragraphs: ['.Sh B', 'ä'] }] });
    expect(text).toContain('\n\\&.Sh B\n.Pp\n\\[u00E4]\n');
  });

  it('describes a command with what it takes beside the options of the program', () => {
    const json = defineOption({ name: 'json', type: 'boolean', description: 'JSON', group: 'G' });
    const look = {
      name: 'look',
      synopsis: 'SET [--json]',
      summary: 'looks around',
      options: [...table, json],
    };
    const text = renderManual({
      ...page,
      parts: [{ title: 'Commands', commands: { list: [look], beside: table } }],
    });
    expect(text).toContain('.It Cm "look" Ar "SET" Oo Fl \\-json Oc\nLooks around.\n');
    expect(text).toContain('.It Fl \\-json\nJSON.\n');
    expect(text).not.toContain('log\\-level');
  });
});
