import { describe, expect, it } from '@jest/globals';
import type { BrokerFacts } from '@vallum/doctor';
import { checkFleetList } from './check-fleet-list.js';

type Apart = NonNullable<BrokerFacts['apart']>;

function check(apart: Apart | undefined, heard?: boolean) {
  return checkFleetList(apart === undefined ? {} : { apart }, heard).map(
    ({ level, message }) => `${level}: ${message}`,
  );
}

const echo = (outcome: Apart['echo']['outcome']) => ({ topic: 'vallum/protect/sync', outcome });

describe("the doctor's look at the fleet's protect list", () => {
  it('is content where what is sent there comes back', () => {
    expect(check({ subscription: 'granted', echo: echo('heard') })).toEqual([
      "ok: this node takes part in the fleet's protect list",
    ]);
    expect(check(undefined)).toEqual([]);
  });

  it.each<[Apart['subscription'], Apart['echo']['outcome'], boolean | undefined, RegExp]>([
    ['ended', 'unknown', undefined, /^warning: the broker ends the connection/],
    [{ refused: 'not authorized' }, 'unknown', undefined, /^warning: refused: not authorized/],
    [undefined, 'unknown', undefined, /^unknown: the broker did not answer/],
    ['granted', 'starved', undefined, /^warning: granted and then held back/],
    ['granted', 'refused', undefined, /^warning: this node may read, and not write/],
    // Over MQTT 3.1.1 only the running vallumd knows.
    ['granted', 'silent', true, /^ok/],
    ['granted', 'silent', false, /^warning: nothing comes back/],
    ['granted', 'silent', undefined, /^unknown: it did not come back/],
  ])('of %j and %s, where the running vallumd knows %s', (subscription, outcome, heard, said) => {
    expect(check({ subscription, echo: echo(outcome) }, heard)).toEqual([
      expect.stringMatching(said),
    ]);
  });
});
