import { LITTLE_ENDIAN } from './byte-order.js';
import { SOCK_FILTER_LENGTH } from './linux-socket.js';

// linux/filter.h, linux/bpf_common.h
const BPF_LD_W_ABS = 0x20;
const BPF_JEQ_K = 0x15;
const BPF_RET_K = 0x06;
/** nlmsg_pid of struct nlmsghdr. */
const PORT_ID_OFFSET = 12;

/**
 * A filter that drops datagrams whose first message was caused by this port:
 *
 * ```
 * ld [12]            the port id, as a number in network byte order
 * jeq #port, 0, 1
 * ret #0
 * ret #0xffffffff
 * ```
 */
export function exceptFrom(portId: number): Uint8Array {
  const program = new Uint8Array(4 * SOCK_FILTER_LENGTH);
  const view = new DataView(program.buffer);
  const instructions = [
    [BPF_LD_W_ABS, 0, 0, PORT_ID_OFFSET],
    [BPF_JEQ_K, 0, 1, LITTLE_ENDIAN ? swapped(portId) : portId],
    [BPF_RET_K, 0, 0, 0],
    [BPF_RET_K, 0, 0, 0xffff_ffff],
  ] as const;
  instructions.forEach(([code, whereTrue, whereFalse, value], index) => {
    const at = SOCK_FILTER_LENGTH * index;
    view.setUint16(at, code, LITTLE_ENDIAN);
    view.setUint8(at + 2, whereTrue);
    view.setUint8(at + 3, whereFalse);
    view.setUint32(at + 4, value, LITTLE_ENDIAN);
  });
  return program;
}

function swapped(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return view.getUint32(0);
}
