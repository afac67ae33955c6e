import { type Socket, connect, createServer } from 'node:net';
import { endWithFile } from './leftovers.js';

export interface ProtocolGate {
  /** Cuts every connection, as a stopping broker would. */
  drop(): void;
}

/**
 * Passes MQTT 3.1.1 through to the broker behind, and refuses MQTT 5 as a broker of its time does:
 * CONNACK with return code 1, "unacceptable protocol version" (MQTT 3.1.1, 3.2.2.3).
 */
export async function startProtocolGate(port: number, brokerPort: number): Promise<ProtocolGate> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    track(client);
    client.once('data', (first) => {
      if (protocolLevel(first) > 4) {
        client.end(Buffer.from([0x20, 2, 0, 1]));
        return;
      }
      const broker = connect(brokerPort, '127.0.0.1');
      track(broker);
      broker.write(first);
      client.pipe(broker);
      broker.pipe(client);
      broker.on('close', () => client.destroy());
      client.on('close', () => broker.destroy());
    });
  });
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      resolve();
    });
  });
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  endWithFile(() => {
    drop();
    server.close();
  });
  return { drop };
}

/** CONNECT: 10 <remaining length, 1 to 4 bytes> 00 04 'M' 'Q' 'T' 'T' <level> … */
function protocolLevel(packet: Buffer): number {
  const name = packet.indexOf('MQTT');
  return name === -1 ? 3 : (packet[name + 4] ?? 0);
}
