// Runs in a network namespace: listens at every address and port given, sends what it is told to
// send, and tells which packets arrived. Lines of JSON in and out.
import { writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';

const { addresses, ports } = JSON.parse(process.argv[2]);
/** Of the round that began last: what is late of another says nothing about this one. */
let round = 0;
let arrived = new Set();

await Promise.all(
  addresses.flatMap((address) =>
    ports.flatMap((port) => [listenTcp(address, port), listenUdp(address, port)]),
  ),
);
console.log(JSON.stringify({ ready: true }));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, begin, arrivals, probes, waitMs } = JSON.parse(line);
  if (begin !== undefined) {
    round = begin;
    arrived = new Set();
    takeOtherPorts();
    console.log(JSON.stringify({ id, ids: [] }));
  } else if (arrivals) {
    // Once around the event loop: what the sockets hold already counts.
    for (let turns = 0; turns < 2; turns += 1) await turn();
    console.log(JSON.stringify({ id, ids: [...arrived] }));
  } else {
    void Promise.all(probes.map((probe) => send(probe, waitMs))).then((found) => {
      console.log(
        JSON.stringify({ id, ids: found.flatMap((open, at) => (open ? [probes[at].id] : [])) }),
      );
    });
  }
}

/**
 * No port is taken twice within a minute, and by less than 160 rounds not at all: the kernel still knows the
 * connection that came from it, so that a rule for what is established lets the new one in, or the socket at
 * the other end waits for the old one's last word.
 */
function takeOtherPorts() {
  const count = 200;
  const first = 32_768 + (round % 160) * count;
  writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', `${first} ${first + count - 1}`);
}

function listenTcp(address, port) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end();
    });
    server.on('error', reject);
    server.listen({ host: address, port, backlog: 4096 }, resolve);
  });
}

function listenUdp(address, port) {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', reject);
    socket.on('message', (message) => {
      const [of, id] = message.toString().split(' ').map(Number);
      if (of === round) arrived.add(id);
    });
    socket.bind({ address, port }, resolve);
  });
}

/** @returns for TCP whether it was answered; a datagram tells its number where it arrives */
function send({ id, from, to, protocol, port, fromPort }, waitMs) {
  if (protocol === 'udp') {
    return new Promise((resolve) => {
      const socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
      const end = () => {
        socket.close();
        resolve(false);
      };
      socket.on('error', end);
      socket.bind({ address: from, port: fromPort ?? 0 }, () =>
        socket.send(`${round} ${id}`, port, to, end),
      );
    });
  }
  return new Promise((resolve) => {
    const socket = connect({ host: to, port, localAddress: from, localPort: fromPort });
    const end = (open) => {
      clearTimeout(timer);
      // Without a goodbye, which would be waited for.
      socket.resetAndDestroy?.() ?? socket.destroy();
      resolve(open);
    };
    const timer = setTimeout(() => end(false), waitMs);
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
  });
}
