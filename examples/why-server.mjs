// Tells people who cannot get through why: GET /203.0.113.7 says who banned it, until when and why.
//   MQTT_URL=mqtt://broker.example PORT=8080 node why-server.mjs
import { createMemoryBackend, createVallum, parseAddress } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';
import { createServer } from 'node:http';

// Blocks nothing itself: it hears of every ban, and gets from the firewalls what it has missed.
const vallum = await createVallum({
  topics: ['blacklist'],
  backend: createMemoryBackend(),
  transport: createMqttTransport({ url: process.env.MQTT_URL ?? 'mqtt://localhost' }),
  repair: { node: 'helpdesk' },
});

const describe = (/** @type {import('@vallum/core').LeaseRecord} */ lease) => {
  const { address, origin, until, reason = 'no reason given' } = lease;
  const end =
    typeof until === 'number' ? `until ${new Date(until * 1000).toISOString()}` : 'for ever';
  return `${address} is banned ${end} by ${origin === '' ? 'somebody' : origin}: ${reason}\n`;
};

const server = createServer(async (request, response) => {
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  const asked = parseAddress(request.url?.slice(1) ?? '');
  if (!asked.ok) return response.writeHead(400).end(`${asked.detail}\n`);
  const { address, standings } = await vallum.explain(asked.value.text);
  const bans = standings
    .filter(({ relation }) => relation === 'same' || relation === 'around')
    .flatMap(({ records }) => records.filter(({ live }) => live));
  if (bans.length === 0) return response.writeHead(404).end(`${address} is not banned\n`);
  return response.end(bans.map(describe).join(''));
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
