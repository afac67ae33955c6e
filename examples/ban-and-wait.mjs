// Bans an address for an hour and waits until so many firewalls block it; ends with 1 where too few do.
//   MQTT_URL=mqtt://broker.example node ban-and-wait.mjs 203.0.113.7 3
import { createVallum } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';

const [address = '', wanted = '1'] = process.argv.slice(2);
const vallum = await createVallum({
  topics: ['blacklist'],
  origin: 'on-call',
  transport: createMqttTransport({ url: process.env.MQTT_URL ?? 'mqtt://localhost' }),
});
const [report] = await vallum.ban(address, { timeoutSeconds: 3600, reason: 'banned by hand' });
if (report?.outcome === 'rejected') {
  console.error(report.detail);
  process.exitCode = 1;
} else {
  const { confirmed, done, undone, tookMs } = await vallum.confirm(address, {
    count: Number(wanted),
    origin: 'on-call',
  });
  console.log(`banned on ${done.length} of ${wanted} firewalls in ${Math.ceil(tookMs)} ms`);
  for (const { node, exceptions } of undone) {
    console.error(`${node}: ${exceptions[0]?.detail ?? exceptions[0]?.state}`);
  }
  process.exitCode = confirmed ? 0 : 1;
}
await vallum.close();
