import { describe, expect, it } from '@jest/globals';
import { openDatagramSender, socketAddress } from './datagram-sender.js';

describe('the address of a unix socket', () => {
  it('is the family, then the path and a NUL', () => {
    const address = Buffer.from(socketAddress('/run/x'));
    expect([...new Uint16Array(address.buffer, address.byteOffset, 1)]).toEqual([1]);
    expect(address.subarray(2).toString()).toBe('/run/x\0');
  });

  it('begins with a NUL in the abstract namespace, and ends with the name', () => {
    expect(Buffer.from(socketAddress('@ab')).subarray(2).toString()).toBe('\0ab');
  });

  it.each([[''], ['/a\0b'], ['/'.padEnd(108, 'x')]])('is none for %j', (path) => {
    expect(() => socketAddress(path)).toThrow('is no path of a socket');
  });
});

describe('a sender of datagrams', () => {
  it('says where nobody listens', async () => {
    const sender = await openDatagramSender('/dev/null/none');
    expect(() => {
      sender.send('hello');
    }).toThrow(/^sendto to \/dev\/null\/none failed with error 20/);
  });
});
