import { connect, createServer, Socket, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { acknowledgeReceipt } from './quick-ack.js';

describe('an acknowledgement of what was read', () => {
  it('is asked of an open socket, and of none that is not open any more', async () => {
    const server = createServer((peer) => peer.write('x'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'data');
    await expect(acknowledgeReceipt(socket)).resolves.toBeUndefined();
    socket.destroy();
    await expect(acknowledgeReceipt(socket)).resolves.toBeUndefined();
    await expect(acknowledgeReceipt(new Socket())).resolves.toBeUndefined();
    server.close();
  });
});
