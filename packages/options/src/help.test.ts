import { describe, it, expect } from '@jest/globals';
import { connectionOptions } from './connection-options.js';
import { renderHelp } from './help.js';
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
