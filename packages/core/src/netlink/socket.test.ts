import { describe, expect, it } from '@jest/globals';
import { EACCES, EINTR, EMSGSIZE, ENOBUFS, EPROTONOSUPPORT } from './errno.js';
import { AnswerLostError, NetlinkError } from './error.js';
import { FAKE_PORT_ID, FakeKernel, fakeMessage } from './fake-kernel.js';
import { NETLINK_NETFILTER } from './linux-netlink.js';
import { NetlinkSocket } from './socket.js';

const datagram = fakeMessage({ type: 3, sequence: 1 });

function open(kernel = new FakeKernel()): { kernel: FakeKernel; socket: NetlinkSocket } {
  return { kernel, socket: new NetlinkSocket(kernel, NETLINK_NETFILTER) };
}

describe('NetlinkSocket', () => {
  it('learns the port id that the kernel gave it', () => {
    expect(open().socket.portId).toBe(FAKE_PORT_ID);
  });

  it('says that netlink is not to be had where the kernel has no such protocol', () => {
    const kernel = new FakeKernel();
    kernel.failures.push({ call: 'socket', errno: EPROTONOSUPPORT });
    expect(() => open(kernel)).toThrow(
      expect.objectContaining({ code: 'BACKEND_UNAVAILABLE', operation: 'netlink socket' }),
    );
  });

  it.each(['bind', 'getsockname'] as const)('leaks no descriptor where %s fails', (call) => {
    const kernel = new FakeKernel();
    kernel.failures.push({ call, errno: EACCES });
    expect(() => open(kernel)).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }));
    expect(kernel.open.size).toBe(0);
  });

  it('lives on where the kernel is too old for extended acknowledgements', () => {
    const kernel = new FakeKernel();
    for (let times = 0; times < 3; times++) kernel.failures.push({ call: 'setsockopt', errno: 92 });
    expect(open(kernel).socket.portId).toBe(FAKE_PORT_ID);
  });

  it('begins again where a signal interrupts', () => {
    const { kernel, socket } = open();
    kernel.failures.push({ call: 'send', errno: EINTR }, { call: 'recvfrom', errno: EINTR });
    socket.send(datagram);
    kernel.queue.push(datagram);
    expect(kernel.sent).toHaveLength(1);
    expect(socket.receive()).toEqual(datagram);
  });

  it('says that nothing waits', () => {
    expect(open().socket.receive()).toBeUndefined();
  });

  it('makes room for a message longer than the send buffer', () => {
    const { kernel, socket } = open();
    kernel.sendBufferLength = 100;
    const long = fakeMessage({ type: 3, sequence: 1, payload: new Uint8Array(2_000_000) });
    socket.send(long);
    expect(kernel.sent[0]?.length).toBe(long.length);
  });

  it('gives up on a message that does not fit even so', () => {
    const { kernel, socket } = open();
    kernel.failures.push({ call: 'send', errno: EMSGSIZE }, { call: 'send', errno: EMSGSIZE });
    expect(() => {
      socket.send(datagram);
    }).toThrow(expect.objectContaining({ errno: EMSGSIZE }));
  });

  it('empties the queue, grows the buffer and says so where the kernel dropped answers', () => {
    const { kernel, socket } = open();
    const before = kernel.receiveBufferLength() ?? 0;
    kernel.queue.push({ errno: ENOBUFS }, datagram, { errno: ENOBUFS }, datagram);
    expect(() => socket.receive()).toThrow(AnswerLostError);
    expect(socket.receive()).toBeUndefined();
    expect(kernel.receiveBufferLength()).toBe(2 * before);
  });

  it.each(['send', 'sendOnThread'] as const)(
    'has room for a refusal that sends the whole request of %s back',
    async (send) => {
      const { kernel, socket } = open();
      const request = fakeMessage({ type: 3, sequence: 1, payload: new Uint8Array(100_000) });
      await socket[send](request);
      const refusal = fakeMessage({ type: 2, sequence: 1, payload: new Uint8Array(102_000) });
      kernel.queue.push(refusal);
      expect(socket.receive()).toEqual(refusal);
    },
  );

  it('says that an answer was cut off, and has room for it the next time', () => {
    const { kernel, socket } = open();
    const long = fakeMessage({ type: 3, sequence: 1, payload: new Uint8Array(300_000) });
    kernel.queue.push(long);
    expect(() => socket.receive()).toThrow(AnswerLostError);
    kernel.queue.push(long);
    expect(socket.receive()?.length).toBe(long.length);
  });

  it('does not hear what other processes send to its port', () => {
    const { kernel, socket } = open();
    const forged = fakeMessage({ type: 3, sequence: 99 });
    kernel.queue.push({ from: 1234, bytes: forged }, datagram);
    expect(socket.receive()).toEqual(datagram);
  });

  it('sends again itself where the other thread failed, to learn why', async () => {
    const { kernel, socket } = open();
    kernel.failures.push({ call: 'sendOnThread', errno: 0 }, { call: 'send', errno: EACCES });
    await expect(socket.sendOnThread(datagram)).rejects.toMatchObject({ errno: EACCES });
  });

  it('closes once, and never touches the descriptor again', () => {
    const { kernel, socket } = open();
    socket.close();
    kernel.open.add(3);
    socket.close();
    expect(kernel.open.has(3)).toBe(true);
    for (const use of [
      () => socket.receive(),
      () => {
        socket.send(datagram);
      },
    ]) {
      expect(use).toThrow(NetlinkError);
      expect(use).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    }
  });
});
