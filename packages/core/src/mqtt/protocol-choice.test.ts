import { describe, expect, it } from '@jest/globals';
import { ProtocolChoice } from './protocol-choice.js';

describe('ProtocolChoice', () => {
  it('remembers that the broker refused MQTT 5', () => {
    const choice = new ProtocolChoice(undefined);
    expect(choice.version).toBe(5);
    expect(choice.learn(false, 'said')).toBe(true);
    expect(choice.version).toBe(4);
    expect(choice.learn(true, undefined)).toBe(false);
    expect(choice.learn(false, 'guessed')).toBe(false);
    expect(choice.version).toBe(4);
  });

  it('tries 3.1.1 once after a hang-up, and 5 again afterwards', () => {
    for (const accepted of [true, false]) {
      const choice = new ProtocolChoice(undefined);
      expect(choice.learn(false, 'guessed')).toBe(true);
      expect(choice.version).toBe(4);
      expect(choice.learn(accepted, accepted ? undefined : 'guessed')).toBe(false);
      expect(choice.version).toBe(5);
    }
  });

  it('stays with the version that was asked for', () => {
    const choice = new ProtocolChoice(5);
    expect(choice.learn(false, 'said')).toBe(false);
    expect(choice.version).toBe(5);
  });
});
