// Enforces bans here, and puts back at once what a reload of the firewall has flushed: it is told by SIGHUP,
// as in ExecReload=/bin/kill -HUP … of its unit, or ExecStartPost= of the firewall's.
//   MQTT_URL=mqtt://broker.example node mend-after-reload.mjs
import { createIpsetBackend, createVallum } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';

const vallum = await createVallum({
  topics: ['blacklist'],
  backend: await createIpsetBackend(),
  create: { type: 'hash:net', defaultTimeoutSeconds: 0 },
  transport: createMqttTransport({ url: process.env.MQTT_URL ?? 'mqtt://localhost' }),
});

process.on('SIGHUP', async () => {
  const differed = await vallum.reconcile();
  if (differed.length === 0) console.log('every set is as it should be');
  for (const { set, added, deleted, failed, failure } of differed) {
    console.log(`${set}: ${added} put back, ${deleted} taken out`);
    if (failed > 0) console.error(`${set}: ${failed} failed: ${failure}`);
  }
});
process.on('SIGTERM', () => vallum.close());
