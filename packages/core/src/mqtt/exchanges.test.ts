import { describe, expect, it } from '@jest/globals';
import { Exchanges, NOBODY_LISTENS } from './exchanges.js';

describe('what a broker answers to a message', () => {
  it.each([
    [1, 'puback', 0, undefined],
    [1, 'puback', NOBODY_LISTENS, 'unheard'],
    [2, 'pubrec', 0, undefined],
    [2, 'pubrec', NOBODY_LISTENS, 'unheard'],
  ] as const)(
    'at QoS %d, with %s %d, says as much as the broker: %s',
    (qos, kind, code, expected) => {
      const told: unknown[] = [];
      const exchanges = new Exchanges();
      const packetId = exchanges.publish(qos, (error, caveat) => {
        told.push(error, caveat);
      });
      const next = exchanges.confirmed({ kind, packetId, code });
      if (qos === 2) {
        expect([next, told]).toEqual(['pubrel', []]);
        exchanges.confirmed({ kind: 'pubcomp', packetId, code: 0 });
      }
      expect(told).toEqual([undefined, expected]);
    },
  );
});
