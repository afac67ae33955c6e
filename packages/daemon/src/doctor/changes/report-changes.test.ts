import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockFile } from '@vallum/core';
import { run, type Run } from '@vallum/core/backend';
import { finding, type Finding } from '@vallum/doctor';
import { reportChanges, type ChangesRequest } from './report-changes.js';

const fine = finding('ok', 'rules', 'blacklist', 'dropped on every way in');
const open = finding('critical', 'rules', 'blacklist', 'no rule refers to it', 'vallumd setup');

describe('changes', () => {
  let folder: string;
  let at: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vallum-changes-'));
    at = 1_795_416_400;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const path = (name: string) => join(folder, name);
  const look = async (
    findings: readonly Finding[],
    request: Partial<ChangesRequest> = {},
    runHere: Run = run,
    waitMs = 10_000,
  ) => {
    let [printed, complained] = ['', ''];
    const io = {
      env: { PATH: `${process.env['PATH'] ?? ''}:${folder}`, VALLUMD_PASSWORD: 'open sesame' },
      print: (text: string) => (printed += text),
      errors: { write: (text: string) => (complained += text), journal: false },
    };
    const wanted = { file: path('kept.json'), json: false, style: {}, ...request };
    const deps = { run: runHere, host: 'fw1', nowUnix: () => (at += 900), waitMs };
    return { code: await reportChanges(findings, wanted, io, deps), printed, complained };
  };
  /** A program that leaves what it was given, in order. */
  const hook = (last = 'exit 0') => {
    writeFileSync(path('hook'), `#!/bin/sh\n{ env | sort; cat; } >>${path('got')}\n${last}\n`);
    chmodSync(path('hook'), 0o755);
    return path('hook');
  };

  it('are printed once, and nothing where nothing has changed', async () => {
    expect(await look([fine])).toEqual({ code: 0, printed: '', complained: '' });
    const { code, printed } = await look([open]);
    expect([code, printed]).toEqual([
      2,
      'fw1: critical, was ok\n' +
        'critical  rules blacklist (new)\n\n' +
        'critical  rules blacklist: no rule refers to it\n' +
        '          → vallumd setup\n' +
        '1 critical\n',
    ]);
    expect(await look([open])).toEqual({ code: 2, printed: '', complained: '' });
    expect((await look([fine])).printed).toMatch(
      /^fw1: ok, was critical\nok {8}rules blacklist \(was critical\)\n\n1 ok/,
    );
  });

  it('are given to a program: the report, the levels, and no secret', async () => {
    await look([open], { hook: hook() });
    const got = readFileSync(path('got'), 'utf8');
    expect(got).toMatch(
      /VALLUM_DOCTOR_HOST=fw1\nVALLUM_DOCTOR_LEVEL=critical\nVALLUM_DOCTOR_WAS=\n[^]*fw1: critical, for the first time\n/,
    );
    expect(got).not.toContain('sesame');
    await look([open], { hook: path('hook') });
    expect(readFileSync(path('got'), 'utf8')).toBe(got);
  });

  it('are told again where the program failed, and it is said why', async () => {
    const failed = await look([open], { hook: hook('echo no route >&2; exit 4') });
    expect([failed.code, failed.complained]).toEqual([
      69,
      `vallumd doctor: ${path('hook')} ended with 4: no route\n`,
    ]);
    const again = await look([open], { hook: hook() });
    expect([again.code, again.printed]).toEqual([2, expect.stringContaining('(new)')]);
    expect((await look([open], { hook: hook() })).printed).toBe('');
  });

  it('are told again where the program is not executable; one that is not there is no fault', async () => {
    chmodSync(hook(), 0o644);
    expect(await look([fine], { hook: path('hook') })).toMatchObject({ code: 69, printed: '' });
    const denied = await look([open], { hook: path('hook') });
    expect([denied.code, denied.complained]).toEqual([
      69,
      `vallumd doctor: --on-change ${path('hook')} is not an executable file: chmod +x ${path('hook')}\n`,
    ]);
    const absent = await look([open], { hook: path('nowhere') });
    expect([absent.code, absent.complained]).toEqual([
      2,
      `vallumd doctor: there is no ${path('nowhere')}: only the log tells\n`,
    ]);
  });

  it('could not be told to a folder, which is said before there is one', async () => {
    mkdirSync(path('hooks'));
    expect(await look([fine], { hook: path('hooks') })).toMatchObject({
      code: 69,
      complained: expect.stringContaining('hooks is not an executable file'),
    });
  });

  it('are told to the program that was looked at, not to its namesake in PATH', async () => {
    const started: string[] = [];
    const note: Run = (program) => {
      started.push(program);
      return Promise.resolve({ code: 0, stdout: '', stderr: '' });
    };
    await look([open], { hook: relative(process.cwd(), hook()) }, note);
    expect(started).toEqual([path('hook')]);
  });

  it('are kept whole while another doctor is writing, whose file stays its own', async () => {
    const others = [path('kept.json.new'), path('kept.json.1.new')];
    for (const other of others) writeFileSync(other, '{"told":');
    expect(await look([open])).toMatchObject({ code: 2, complained: '' });
    for (const other of others) expect(readFileSync(other, 'utf8')).toBe('{"told":');
    mkdirSync(path('folder'));
    expect(await look([open], { file: path('folder') })).toMatchObject({ code: 69 });
    expect(readdirSync(folder).sort()).toEqual([
      ...[
        'folder',
        'folder.lock',
        'kept.json',
        'kept.json.1.new',
        'kept.json.lock',
        'kept.json.new',
      ],
    ]);
  });

  it('are told once by two doctors at the same time', async () => {
    const request = { hook: hook('sleep 0.3') };
    const both = await Promise.all([look([open], request), look([open], request)]);
    expect(both.map(({ code }) => code)).toEqual([2, 2]);
    expect(both.map(({ printed }) => printed.length > 0).sort()).toEqual([false, true]);
    expect(readFileSync(path('got'), 'utf8').match(/for the first time/g)).toHaveLength(1);
  });

  it('are not compared while another doctor tells for too long, which is said', async () => {
    const unlock = await lockFile(path('kept.json.lock'));
    expect(await look([open], {}, run, 100)).toEqual({
      ...{ code: 69, printed: '' },
      complained:
        `vallumd doctor: another vallumd doctor still tells what has changed since ${path('kept.json')}: ` +
        'what this one has found is compared the next time\n',
    });
    unlock?.();
    expect(await look([open])).toMatchObject({ code: 2, complained: '' });
  });

  it('are told without waiting for what the program leaves running', async () => {
    const started = performance.now();
    expect(await look([open], { hook: hook('sleep 20 &') })).toMatchObject({ code: 2 });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  const install = (program: string, mode = 0o755) => {
    writeFileSync(path(program), '#!/bin/sh\n');
    chmodSync(path(program), mode);
  };

  it('are mailed, to who is named and with no header of anybody else', async () => {
    const mails: [string, readonly string[], string][] = [];
    const sendmail: Run = (program, args, { input = '' } = {}) => {
      mails.push([program, args, input]);
      return Promise.resolve({ code: 0, stdout: '', stderr: '' });
    };
    install('sendmail');
    await look([open], { mailTo: 'root, ops@example.org' }, sendmail);
    const [program, args, text] = mails[0]!;
    expect(program).toMatch(/sendmail$/);
    expect(args).toEqual(['-i', '-t']);
    expect(text).toMatch(
      /^To: root, ops@example\.org\nSubject: vallumd on fw1: critical\n[^]*\n\nfw1: critical/,
    );
    expect(mails).toHaveLength(1);
  });

  it('could not be told: it is said while nothing has changed, and again with the change', async () => {
    const complaint = 'vallumd doctor: --mail-to needs sendmail, which is not in /usr/sbin, ';
    const [mailTo, nobody] = ['root', path('nowhere')];
    for (const findings of [[fine], [open], [open]]) {
      const { code, complained } = await look(findings, { hook: nobody, mailTo });
      expect([code, complained]).toEqual([69, expect.stringContaining(complaint)]);
      expect(complained.split('\n')).toHaveLength(2);
    }
    install('sendmail', 0o644);
    expect((await look([open], { hook: nobody, mailTo })).complained).toContain(complaint);
    install('sendmail');
    const { code, printed, complained } = await look([open], { hook: nobody, mailTo });
    expect([code, printed, complained]).toEqual([2, expect.stringContaining('(new)'), '']);
    expect(await look([open], { hook: nobody, mailTo })).toMatchObject({ code: 2, complained: '' });
  });

  it('can be told by the program, where there is no mail: that is said, and no failure', async () => {
    const { code, complained } = await look([fine], { hook: hook(), mailTo: 'root' });
    expect([code, complained]).toEqual([0, expect.stringContaining('--mail-to needs sendmail')]);
  });

  it('are told, and said not to be kept, where there is no room for them', async () => {
    const file = join(folder, 'nowhere', 'kept.json');
    const { code, printed, complained } = await look([open], { file });
    expect([code, printed]).toEqual([69, expect.stringContaining('(new)')]);
    expect(complained).toMatch(/cannot be kept, and is told again the next time: ENOENT/);
  });

  it('are all told anew where what was kept cannot be read', async () => {
    await look([open]);
    writeFileSync(path('kept.json'), '{"told":');
    const { code, printed, complained } = await look([open]);
    expect([code, printed]).toEqual([2, expect.stringContaining('(new)')]);
    expect(complained).toMatch(/kept\.json cannot be read, so that all is told anew/);
  });

  it('are told to programs as JSON', async () => {
    expect(JSON.parse((await look([open], { json: true })).printed)).toEqual({
      ...{ host: 'fw1', level: 'critical', was: null, findings: [open] },
      changes: [{ about: 'rules blacklist', was: null, is: 'critical', restless: false }],
    });
  });

  it('show no control character of what others have named', async () => {
    const evil = finding('critical', 'certificate', 'evil\u001b[2J\nok  all', 'bad\u0007');
    expect((await look([evil])).printed).not.toMatch(/(?!\n)\p{Cc}/u);
  });
});
