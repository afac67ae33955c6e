import { describe, expect, it } from '@jest/globals';
import type { LinkEnd } from './link.js';
import { LoopbackChoice } from './loopback-choice.js';

const failure = (error: string): LinkEnd => ({ reached: 'nothing', accepted: false, error });
const lost: LinkEnd = { reached: 'ready', accepted: true };

describe('LoopbackChoice', () => {
  it('leaves every other host alone', () => {
    const choice = new LoopbackChoice('localhost.example.org');
    expect(choice.address).toBeUndefined();
    const end = failure('v4');
    expect(choice.learn(end)).toBe(end);
  });

  it('tries IPv4, then IPv6, and reports the failure of the first', () => {
    const choice = new LoopbackChoice('LOCALHOST');
    expect(choice.address).toBe('127.0.0.1');
    expect(choice.learn(failure('v4'))).toBe('try the other');
    expect(choice.address).toBe('::1');
    expect(choice.learn(failure('v6'))).toMatchObject({ error: 'v4' });
    expect(choice.address).toBe('127.0.0.1');
    expect(choice.learn(failure('v4 again'))).toBe('try the other');
  });

  it('stays with the address where something answered', () => {
    const choice = new LoopbackChoice('localhost');
    choice.learn(failure('v4'));
    expect(choice.learn(lost)).toBe(lost);
    expect(choice.address).toBe('::1');
    expect(choice.learn(failure('v6'))).toBe('try the other');
    expect(choice.address).toBe('127.0.0.1');
  });
});
