import { describe, it, expect } from '@jest/globals';
import { connectionOptions } from './connection-options.js';
import { renderHelp } from './help.js';
import { defineOption } from './option.js';
import { renderMarkdown } from './markdown.js';

describe('renderHelp', () => {
  it('lists every option with its short form, heading and meaning', async () => {
    const help = await renderHelp(connectionOptions, {
      program: 'vallumd',
      usage: 'Usage: $0 -h HOST',
      epilogue: 'That is all.',
    });
    expect(help).toContain('Usage: vallumd -h HOST');
    expect(help).toContain('Connection:');
    expect(help).toMatch(/-h, --host +Name or address of the MQTT broker \[HOST\]/);
    expect(help).toMatch(/--keepalive .*\[default: 60s\]/s);
    expect(help).toMatch(/That is all\.\n$/);
    for (const option of connectionOptions) expect(help).toContain(`--${option.name}`);
    expect(help).not.toContain('undefined');
  });
});

const confirm = defineOption({
  ...{ name: 'confirm', type: 'string', implied: 'all', placeholder: 'COUNT' },
  ...{ description: 'Wait', group: 'Sets' },
});

describe('an option whose value may be left out', () => {
  it('is shown so in help and reference', async () => {
    const help = await renderHelp([confirm], { program: 'x', usage: 'x' });
    expect(help).toMatch(/--confirm +Wait \[--confirm=COUNT\]/);
    expect(renderMarkdown([confirm])).toContain('| `--confirm[=COUNT]` |');
  });
});

describe('renderMarkdown', () => {
  it('writes one row an option under its heading', () => {
    const text = renderMarkdown(connectionOptions);
    expect(text).toContain('### Connection');
    expect(text).toContain(
      '| `-p PORT`, `--port PORT` | `VALLUM_PORT` | `port` |  | Port of the broker; by default 1883, or 8883 if the configuration file or the environment asks for TLS. |',
    );
    expect(text.match(/^\| `/gm)).toHaveLength(connectionOptions.length);
  });
});
