import { describe, expect, it } from '@jest/globals';
import { NetlinkConnection } from './connection.js';
import { dump } from './dump.js';
import { EBUSY, ENOBUFS, EPERM } from './errno.js';
import { NetlinkError } from './error.js';
import { FAKE_PORT_ID, FakeKernel, fakeMessage, type Handler } from './fake-kernel.js';
import {
  NETLINK_NETFILTER,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
} from './linux-netlink.js';
import { NetlinkSocket } from './socket.js';

const TYPE = 0x0601;
const DONE = new Uint8Array(4);
const request = (sequence: number): Uint8Array => fakeMessage({ type: TYPE, sequence, portId: 0 });

function connect(kernel: FakeKernel): NetlinkConnection {
  return new NetlinkConnection(new NetlinkSocket(kernel, NETLINK_NETFILTER));
}

describe('NetlinkConnection', () => {
  it('gives the verdict on a request', () => {
    const kernel = new FakeKernel((message, { acknowledge }) => {
      acknowledge.call(kernel, message, message.sequence === 1 ? 0 : EPERM);
    });
    const connection = connect(kernel);
    expect(connection.execute(request(1), 1)).toMatchObject({ sequence: 1, errno: 0 });
    expect(connection.execute(request(2), 2)).toMatchObject({ sequence: 2, errno: EPERM });
  });

  it('gives the verdict on a request that another thread sent', async () => {
    const kernel = new FakeKernel((message) => {
      kernel.acknowledge(message, EBUSY);
    });
    const answer = await connect(kernel).executeOnThread(request(1), 1);
    expect(answer.errno).toBe(EBUSY);
  });

  it('passes over answers to other requests and other sockets', () => {
    const payload = new Uint8Array(20);
    const kernel = new FakeKernel((message) => {
      kernel.queue.push(
        fakeMessage({ type: NLMSG_ERROR, sequence: 6, payload: payload.fill(0xff) }),
      );
      kernel.queue.push(
        fakeMessage({ type: NLMSG_ERROR, sequence: 7, portId: FAKE_PORT_ID + 1, payload }),
      );
      kernel.queue.push(fakeMessage({ type: NLMSG_ERROR, sequence: 0, payload }));
      kernel.acknowledge(message, 0);
    });
    expect(connect(kernel).execute(request(7), 7).errno).toBe(0);
  });

  it('returns the one message that answers a query, or the refusal', () => {
    const kernel = new FakeKernel((message) => {
      if (message.sequence === 1) kernel.answer(message, TYPE, 0, new Uint8Array([1, 2, 3, 4]));
      else kernel.acknowledge(message, EPERM);
    });
    const connection = connect(kernel);
    expect(connection.query(request(1), 1)).toMatchObject({ ok: true, message: { type: TYPE } });
    expect(connection.query(request(2), 2)).toMatchObject({ ok: false, refusal: { errno: EPERM } });
  });

  it('does not wait for ever', () => {
    expect(() => connect(new FakeKernel()).execute(request(1), 1)).toThrow(/did not answer/);
  });

  it('throws where the answer is malformed', () => {
    const kernel = new FakeKernel(() => {
      kernel.queue.push(new Uint8Array(7));
    });
    expect(() => connect(kernel).execute(request(1), 1)).toThrow(NetlinkError);
  });

  it('collects all verdicts on a batch, also where the numbers go round', () => {
    const sequences = [0xffff_fffe, 0xffff_ffff, 1];
    const kernel = new FakeKernel((message) => {
      kernel.acknowledge(message, message.sequence === 1 ? EPERM : 0, new Uint8Array(4));
    });
    const batch = Buffer.concat(sequences.map(request));
    const verdicts = connect(kernel).executeBatch(batch, 0xffff_fffe, 1);
    expect(verdicts.map(({ sequence, errno }) => [sequence, errno])).toEqual([
      [0xffff_fffe, 0],
      [0xffff_ffff, 0],
      [1, EPERM],
    ]);
  });

  it('numbers requests from 1 and never with 0', () => {
    const connection = connect(new FakeKernel());
    expect([connection.nextSequence(), connection.nextSequence()]).toEqual([1, 2]);
  });
});

describe('dump', () => {
  const part = (value: number): Uint8Array => new Uint8Array([value, 0, 0, 0]);
  const list = (kernel: FakeKernel): ReturnType<typeof dump<number>> =>
    dump<number>(
      () => connect(kernel),
      request,
      ({ payload }, add) => {
        add(payload[0] ?? 0);
      },
    );
  const complete: Handler = (message, kernel) => {
    kernel.answer(message, TYPE, NLM_F_MULTI, part(1));
    kernel.answer(message, TYPE, NLM_F_MULTI, part(2));
    kernel.answer(message, NLMSG_DONE, NLM_F_MULTI, DONE);
  };

  it('lists all parts and closes its socket', async () => {
    const kernel = new FakeKernel(complete);
    expect(await list(kernel)).toEqual({ ok: true, items: [1, 2] });
    expect(kernel.open.size).toBe(0);
  });

  it('begins again where the list changed meanwhile, and drops what it had', async () => {
    let times = 0;
    const kernel = new FakeKernel((message) => {
      times++;
      if (times > 2) {
        complete(message, kernel);
        return;
      }
      kernel.answer(message, TYPE, NLM_F_MULTI, part(9));
      const [interruptedPart, interruptedEnd] =
        times === 1 ? [NLM_F_DUMP_INTR, 0] : [0, NLM_F_DUMP_INTR];
      kernel.answer(message, TYPE, NLM_F_MULTI | interruptedPart, part(9));
      kernel.answer(message, NLMSG_DONE, NLM_F_MULTI | interruptedEnd, DONE);
    });
    expect(await list(kernel)).toEqual({ ok: true, items: [1, 2] });
    expect([times, kernel.open.size]).toEqual([3, 0]);
  });

  it('begins again where parts were lost', async () => {
    const kernel = new FakeKernel((message) => {
      kernel.answer(message, TYPE, NLM_F_MULTI, part(1));
      kernel.queue.push({ errno: ENOBUFS });
      kernel.handle(complete);
    });
    expect(await list(kernel)).toEqual({ ok: true, items: [1, 2] });
  });

  it('gives up on a list that never stands still, and closes every socket', async () => {
    const kernel = new FakeKernel((message) => {
      kernel.answer(message, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, DONE);
    });
    await expect(list(kernel)).rejects.toThrow(/changed during each of 10 attempts/);
    expect(kernel.open.size).toBe(0);
  });

  it('returns the refusal, and closes its socket', async () => {
    const kernel = new FakeKernel((message) => {
      kernel.acknowledge(message, EPERM);
    });
    expect(await list(kernel)).toMatchObject({ ok: false, refusal: { errno: EPERM } });
    expect(kernel.open.size).toBe(0);
  });
});
