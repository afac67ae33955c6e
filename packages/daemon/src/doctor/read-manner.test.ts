import { describe, expect, it } from '@jest/globals';
import { readManner } from './read-manner.js';

const KEPT = ['--changes-since', '/f'];

describe('how the doctor is to say it', () => {
  it('is read of what stands before the first mistake', () => {
    expect(readManner(['--json', ...KEPT, '--mail-to', 'root', '--nonsense', '-v'])).toEqual({
      ...{ ok: true, manner: { json: true, verbose: false, file: '/f', mailTo: 'root' } },
    });
  });

  it.each(['root', 'ops@example.org', 'root, ops@example.org', 'a@b,c@d'])(
    'takes the address %j',
    (mailTo) => {
      const manner = { json: false, verbose: false, file: '/f', mailTo };
      expect(readManner([...KEPT, '--mail-to', mailTo])).toEqual({ ok: true, manner });
    },
  );

  it.each(['-oQ/tmp', 'a b', 'a@b;c@d', 'Ops <ops@example.org>'])(
    'refuses the address %j before anything is looked at, with what to write',
    (mailTo) => {
      for (const rest of [[], ['--nonsense']]) {
        expect(readManner([...KEPT, `--mail-to=${mailTo}`, ...rest])).toEqual({
          ok: false,
          detail:
            `--mail-to is ${JSON.stringify(mailTo)}, to which no mail can be sent: write root or ` +
            'ops@example.org, and commas between several',
        });
      }
    },
  );

  it('lets no address add a header to the mail', () => {
    expect(readManner([...KEPT, '--mail-to', 'a@b\nBcc: c@d'])).toMatchObject({
      ...{
        ok: false,
        detail: expect.stringContaining('--mail-to is "a@b\\u{a}Bcc: c@d", to which'),
      },
    });
  });

  it('needs findings to compare with where somebody is to be told', () => {
    expect(readManner(['--on-change', '/hook'])).toEqual({
      ...{ ok: false, detail: '--on-change needs --changes-since FILE' },
    });
  });
});
