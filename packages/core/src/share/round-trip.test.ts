import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../testing/fake-clock.js';
import { RoundTrip } from './round-trip.js';

function setUp() {
  const clock = createFakeClock();
  const said: string[] = [];
  const trip = new RoundTrip({ clock, random: () => 0.5, say: (id) => said.push(id) });
  return { clock, said, trip };
}

describe('a round trip', () => {
  it('is measured when a connection stands, and about once a minute', () => {
    const { clock, said, trip } = setUp();
    expect(trip.ms).toBeUndefined();
    trip.start();
    clock.advance(7);
    trip.received(said[0]!);
    expect(trip.ms).toBe(7);
    clock.advance(60_000);
    expect(said).toHaveLength(2);
    trip.received(said[1]!);
    expect(trip.ms).toBe(7);
  });

  it('does not mind what is done to the time of day', () => {
    const { clock, said, trip } = setUp();
    trip.start();
    clock.step(-3_600_000);
    clock.advance(5);
    trip.received(said[0]!);
    expect(trip.ms).toBe(5);
  });

  it('grows while nothing comes back, over as many questions as it takes', () => {
    const { clock, said, trip } = setUp();
    trip.start();
    trip.received(said[0]!);
    clock.advance(60_000);
    clock.advance(90_000);
    expect(said).toHaveLength(3);
    expect(trip.ms).toBe(90_000);
    trip.received(said[2]!);
    expect(trip.ms).toBe(90_000);
  });

  it('knows nothing of a connection that is gone, nor takes what it sent there for an answer', () => {
    const { clock, said, trip } = setUp();
    trip.start();
    trip.received(said[0]!);
    trip.stop();
    expect(trip.ms).toBeUndefined();
    trip.start();
    trip.received(said[0]!);
    expect(trip.ms).toBeUndefined();
    clock.advance(3);
    trip.received(said[1]!);
    expect(trip.ms).toBe(3);
  });

  it('asks no more once it is stopped', () => {
    const { clock, said, trip } = setUp();
    trip.start();
    trip.stop();
    clock.advance(600_000);
    expect(said).toHaveLength(1);
  });
});
