import { describe, expect, it } from '@jest/globals';
import { generateAction } from './generate-action.js';

describe('generateAction', () => {
  it('writes what is chosen into the Init section, a percent sign as ConfigParser wants it', () => {
    const action = generateAction({ set: 'attackers', origin: 'web1.<name>', reason: '100% sure' });
    expect(action).toContain('\nset = attackers\n');
    expect(action).toContain('\norigin = web1.<name>\n');
    expect(action).toContain('\nreason = 100%% sure\n');
  });

  it.each([
    ['a line break', { reason: 'a\nactionban = reboot' }],
    ['a quote', { reason: 'say "x"' }],
    ['a command substitution', { origin: '$(reboot)' }],
    ['a back-tick', { origin: '`reboot`' }],
    ['a comment', { reason: 'a ; b' }],
    ['nothing', { set: '' }],
  ])('refuses a value with %s, which would change what the file means', (_what, options) => {
    expect(() => generateAction(options)).toThrow(RangeError);
  });
});
