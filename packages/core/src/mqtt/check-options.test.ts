import { describe, expect, it } from '@jest/globals';
import { checkOptions } from './check-options.js';

describe('checkOptions', () => {
  it('makes up a client id where nothing has to be remembered', () => {
    const ids = [1, 2].map(() => checkOptions({ host: 'a' }).clientId);
    expect(ids[0]).toMatch(/^vallum-[0-9a-f]{16}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it.each([
    [{ cleanSession: false }, /needs a client id/],
    [{ cleanSession: false, clientId: '' }, /needs a client id/],
    [{ clientId: 'a\nb' }, /"a\\nb" holds control characters/],
    [{ password: 'secret' }, /^a password is given without a user name$/],
    [{ will: { topic: 'a/#', payload: '' } }, /last will.*no \+ or #/],
    [{ certFile: 'x', keyFile: '/nowhere' }, /client certificate "x": ENOENT/],
  ])('refuses %j', (options, message) => {
    expect(() => checkOptions({ host: 'a', ...options })).toThrow(message);
  });
});
