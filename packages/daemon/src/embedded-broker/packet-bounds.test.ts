import { describe, expect, it } from '@jest/globals';
import { LIMITS } from './limits.js';
import { PacketBounds } from './packet-bounds.js';

const packet = (firstByte: number, length: number) => {
  const header = [firstByte];
  let left = length;
  do {
    header.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from(header), Buffer.alloc(length, 0xff)]);
};
const CONNECT = 0x10;
const PUBLISH = 0x30;
const SUBSCRIBE = 0x82;

function bounds({ loggedIn = true, gathered = { bytes: 0 } } = {}) {
  const made = new PacketBounds(gathered);
  if (loggedIn) {
    made.take(packet(CONNECT, 10));
    made.accept();
  }
  return made;
}

describe('the bounds of packets', () => {
  it.each([7, 1000, 100_000])('find packets in pieces of %d bytes', (piece) => {
    const lengths = [0, 1, 127, 128, 16_383, 16_384, LIMITS.publishBytes];
    const bytes = Buffer.concat(lengths.map((length) => packet(PUBLISH, length)));
    const some = bounds();
    const last = packet(PUBLISH, LIMITS.publishBytes + 1);
    const faults: (string | undefined)[] = [];
    for (let at = 0; at < bytes.length; at += piece) {
      faults.push(some.take(bytes.subarray(at, at + piece)));
    }
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
    expect(some.take(last.subarray(0, 4))).toMatch(/more than 1088 KiB/);
  });

  it('know a giant by its first bytes', () => {
    const giant = packet(CONNECT, LIMITS.packetBytes + 1).subarray(0, 4);
    expect(bounds({ loggedIn: false }).take(giant)).toMatch(/more than 16 KiB/);
    const most = packet(CONNECT, LIMITS.packetBytes);
    expect(bounds({ loggedIn: false }).take(most)).toBeUndefined();
    expect(bounds().take(packet(SUBSCRIBE, LIMITS.packetBytes + 1))).toMatch(/more than 16 KiB/);
  });

  it('let nothing come first but CONNECT, and little before it is answered', () => {
    expect(bounds({ loggedIn: false }).take(Buffer.from('GET / HTTP'))).toMatch(/not speak MQTT/);
    const early = bounds({ loggedIn: false });
    expect(early.take(packet(CONNECT, 10))).toBeUndefined();
    expect(early.take(packet(PUBLISH, 90_000))).toBeUndefined();
    expect(early.take(packet(PUBLISH, 10_000))).toMatch(/too much before it had logged in/);
  });

  it('refuse a length of five bytes', () => {
    expect(bounds().take(Buffer.from([PUBLISH, 0x80, 0x80, 0x80, 0x80]))).toMatch(/not speak MQTT/);
  });

  it('count what all have begun and not ended', () => {
    const gathered = { bytes: 0 };
    const begun = packet(PUBLISH, LIMITS.publishBytes).subarray(0, LIMITS.publishBytes - 1);
    const many = Array.from({ length: 31 }, () => bounds({ gathered }));
    const faults = many.map((each) => each.take(begun)).filter((fault) => fault !== undefined);
    expect(faults).toEqual([expect.stringMatching(/while too many others do/)]);
    for (const each of many) each.close();
    expect(gathered.bytes).toBe(0);
    const whole = bounds({ gathered });
    expect(whole.take(packet(PUBLISH, LIMITS.publishBytes))).toBeUndefined();
    expect(gathered.bytes).toBe(0);
  });
});
