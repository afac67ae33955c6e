import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import { loadLibC, type LibC } from '../../src/netlink/index.js';
import { AF_UNIX, SOCK_STREAM } from '../../src/netlink/linux-socket.js';

suiteNeeding([], 'buffers of calls on other threads', () => {
  it('outlive the call, though nobody else holds them', async () => {
    const libc = await loadLibC();
    const collectGarbage = exposeGc();
    const ends = new Int32Array(2);
    libc.socketpair(AF_UNIX, SOCK_STREAM, ends);
    const [ours = -1, theirs = -1] = ends;
    const collected: number[] = [];
    const registry = new FinalizationRegistry<number>((length) => collected.push(length));
    const received = receive(libc, theirs, registry);
    await collectGarbage();
    const tooEarly = [...collected];
    libc.send(ours, Buffer.from('x'), 0);
    expect(await received).toBe(1);
    expect(tooEarly).toEqual([]);
    // And are given back behind it: what is received, who sent it, and the length of that.
    await collectGarbage();
    expect(collected.sort((a, b) => a - b)).toEqual([4, 12, 256]);
    libc.close(ours);
    libc.close(theirs);
  });
});

/** Waits in the kernel, on another thread, for something to receive. Notes every buffer that is made. */
function receive(libc: LibC, fd: number, registry: FinalizationRegistry<number>): Promise<number> {
  const original = globalThis.Uint8Array;
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, args: [number], newTarget) {
      const made = Reflect.construct(target, args, newTarget) as Uint8Array<ArrayBuffer>;
      registry.register(made, made.length);
      return made;
    },
  });
  try {
    return libc.recvfromOnThread(fd, new Uint8Array(256), 0, new Uint8Array(12));
  } finally {
    globalThis.Uint8Array = original;
  }
}

function exposeGc(): () => Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  return async () => {
    // Finalizers run in a turn of the event loop of their own.
    for (let round = 0; round < 5; round++) {
      gc();
      await sleep(10);
    }
  };
}
