import { escapeForDisplay } from '@vallum/core';
import { describeTimeQuickly } from '@vallum/core/protocol';
import { count, quote } from '@vallum/options';
import { loadedOptions } from '../command-options.js';
import { ExitCode } from '../exit-codes.js';
import type { PublishIo } from '../publish-io.js';
import type { Report } from '../report.js';
import { errorCode, keptUntilMs, listSpool } from './folder.js';
import { spoolOptions } from './options.js';
import { readSpooled } from './read-spooled.js';

export { spoolOptions } from './options.js';

/** `vallum-pub spool`: lists what waits. */
export async function showSpool(
  argv: readonly string[],
  io: PublishIo,
  report: Report,
): Promise<ExitCode> {
  const command = { program: 'vallum-pub spool', table: spoolOptions, positionals: false };
  const { values } = await loadedOptions(command, argv, io);
  const folder = values['spool-dir'];
  try {
    return show(folder, values.json, io, report);
  } catch (error) {
    report.complain(`the spool ${quote(folder)} cannot be read (${errorCode(error)})`);
    return ExitCode.noInput;
  }
}

function show(folder: string, json: boolean, io: PublishIo, report: Report): ExitCode {
  const files = listSpool(folder);
  let entries = 0;
  for (const file of files) {
    const content = readSpooled(folder, file.name);
    if (content === 'gone') continue;
    const asked = describeTimeQuickly(file.askedMs / 1000);
    if (content === 'unusable') {
      if (json) print(io, { file: file.name, unusable: true });
      else report.succeed(`${asked}  cannot be read as a message: ${file.name}`);
      continue;
    }
    const { topic, broker, username, why, payload } = content;
    entries += content.entries;
    const lines = Buffer.from(payload).toString().split('\n');
    if (json) {
      const whom = username === undefined ? { broker } : { broker, username };
      const until = Math.floor(keptUntilMs(file) / 1000);
      const head = { asked: file.askedMs, topic, entries: content.entries, ...whom, why };
      print(io, { file: file.name, ...head, keptUntil: until, payload: lines.join('\n') });
      continue;
    }
    const more = lines.length > 1 ? ` and ${count(lines.length - 1, 'more entry')}` : '';
    const user = username === undefined ? '' : ` as ${escapeForDisplay(username)}`;
    report.succeed(
      `${asked}  ${topic} ${escapeForDisplay(lines[0] ?? '')}${more}  ` +
        `for ${escapeForDisplay(broker)}${user} (${escapeForDisplay(why)})`,
    );
  }
  report.facts['waiting'] = { entries, messages: files.length };
  report.succeed(
    files.length === 0
      ? `nothing waits in ${folder}`
      : `${count(entries, 'entry')} in ${count(files.length, 'message')}: vallum-pub flush delivers them`,
  );
  return ExitCode.ok;
}

function print(io: PublishIo, object: unknown): void {
  io.stdout.write(`${JSON.stringify(object)}\n`);
}
