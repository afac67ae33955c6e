import { describe, expect, it } from '@jest/globals';
import { EACCES, EMSGSIZE, ENFILE } from './errno.js';
import { listenToEvents } from './event-socket.js';
import { FakeKernel } from './fake-kernel.js';
import type { LibC } from './libc.js';

describe('listening to events, where it cannot be', () => {
  it.each<[keyof LibC, number]>([
    ['socket', EACCES],
    ['attachFilter', EMSGSIZE],
    ['bind', EMSGSIZE],
    ['socketpair', ENFILE],
  ])('says that %s failed, and leaves nothing open', (call, errno) => {
    const kernel = new FakeKernel();
    kernel.failures.push({ call, errno });
    const listener = { heard: () => undefined, lost: () => undefined };
    expect(() => listenToEvents(kernel, 0, [1], listener, 4711)).toThrow(
      expect.objectContaining({ errno }),
    );
    expect([...kernel.open]).toEqual([]);
  });
});
