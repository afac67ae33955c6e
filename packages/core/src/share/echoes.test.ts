import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../testing/fake-clock.js';
import { Echoes } from './echoes.js';

function echoesThatTell() {
  const clock = createFakeClock();
  const told: [string, boolean][] = [];
  const echoes = new Echoes(clock, (topic, isHeard) => told.push([topic, isHeard]));
  return { clock, told, echoes };
}

describe('echoes', () => {
  it('tells once that what was sent does not come back, and once that it does again', () => {
    const { clock, told, echoes } = echoesThatTell();
    echoes.sent('blacklist/sync');
    clock.advance(14_000);
    expect(told).toEqual([]);
    expect(echoes.isHeard('blacklist/sync')).toBeUndefined();
    clock.advance(2_000);
    echoes.sent('blacklist/sync');
    clock.advance(16_000);
    expect(told).toEqual([['blacklist/sync', false]]);
    expect(echoes.isHeard('blacklist/sync')).toBe(false);
    echoes.received('blacklist/sync');
    echoes.received('blacklist/sync');
    expect(told).toEqual([
      ['blacklist/sync', false],
      ['blacklist/sync', true],
    ]);
  });

  it('says nothing where all is well, nor of what a lost connection took along', () => {
    const { clock, told, echoes } = echoesThatTell();
    echoes.sent('blacklist/sync');
    echoes.received('blacklist/sync');
    echoes.sent('other/sync');
    echoes.disconnected();
    clock.advance(60_000);
    expect(told).toEqual([]);
    expect(echoes.isHeard('blacklist/sync')).toBe(true);
    expect(echoes.isHeard('other/sync')).toBeUndefined();
  });
});
