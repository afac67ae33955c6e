// A port that nobody has a reason to talk to: who connects is banned everywhere for a day.
//   MQTT_URL=mqtt://broker.example node honeypot.mjs 2323
import { createVallum } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';
import { createServer } from 'node:net';
import { pathToFileURL } from 'node:url';

const DAY_SECONDS = 86_400;

/** @param {import('@vallum/core').Vallum} vallum */
export function createHoneypot(vallum) {
  return createServer((socket) => {
    const { remoteAddress } = socket;
    socket.on('error', () => undefined);
    // Reads nothing and keeps nothing open: whatever is sent costs only the sender.
    socket.end('login: ', () => socket.destroy());
    if (remoteAddress === undefined) return;
    vallum
      .ban(remoteAddress, { timeoutSeconds: DAY_SECONDS, reason: 'touched the honeypot' })
      .then(([report]) => console.log(report))
      .catch((error) => console.error(`cannot ban ${remoteAddress}: ${error.message}`));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const vallum = await createVallum({
    topics: ['blacklist'],
    origin: 'honeypot',
    transport: createMqttTransport({ url: process.env.MQTT_URL ?? 'mqtt://localhost' }),
  });
  createHoneypot(vallum).listen(Number(process.argv[2] ?? 2323));
}
