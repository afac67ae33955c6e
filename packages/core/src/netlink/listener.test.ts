import { describe, expect, it } from '@jest/globals';
import { ENOBUFS, ENOMEM } from './errno.js';
import { FakeKernel, fakeMessage } from './fake-kernel.js';
import { NetlinkListener } from './listener.js';
import { NETLINK_NETFILTER } from './linux-netlink.js';
import { NetlinkSocket } from './socket.js';

const TYPE = 0x0a0c;

function listen(kernel: FakeKernel): { listener: NetlinkListener; heard: string[] } {
  const heard: string[] = [];
  const listener = new NetlinkListener(new NetlinkSocket(kernel, NETLINK_NETFILTER), {
    message: ({ sequence }) => heard.push(`message ${sequence}`),
    lost: () => heard.push('lost'),
    end: () => heard.push('end'),
  });
  return { listener, heard };
}

describe('NetlinkListener', () => {
  it('hands over what waits, and says when that was all', async () => {
    const kernel = new FakeKernel();
    const { listener, heard } = listen(kernel);
    await listener.look();
    expect(heard).toEqual([]);
    kernel.queue.push(fakeMessage({ type: TYPE, sequence: 1 }));
    kernel.queue.push(fakeMessage({ type: TYPE, sequence: 2 }));
    await listener.look();
    expect(heard).toEqual(['message 1', 'message 2', 'end']);
    listener.close();
    expect(kernel.open.size).toBe(0);
  });

  it('looks by itself', async () => {
    const kernel = new FakeKernel();
    const { listener, heard } = listen(kernel);
    kernel.queue.push(fakeMessage({ type: TYPE, sequence: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(heard).toEqual(['message 1', 'end']);
    listener.close();
  });

  it('says that something was lost, and goes on', async () => {
    const kernel = new FakeKernel();
    const { listener, heard } = listen(kernel);
    kernel.queue.push({ errno: ENOBUFS });
    await listener.look();
    kernel.queue.push(fakeMessage({ type: TYPE, sequence: 3 }));
    await listener.look();
    expect(heard).toEqual(['lost', 'end', 'message 3', 'end']);
    listener.close();
  });

  it('says so once where the socket is of no use any more, and closes it', async () => {
    const kernel = new FakeKernel();
    const { listener, heard } = listen(kernel);
    kernel.queue.push({ errno: ENOMEM });
    await listener.look();
    await listener.look();
    expect(heard).toEqual(['lost', 'end']);
    expect(kernel.open.size).toBe(0);
  });
});
