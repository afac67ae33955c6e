// An Express middleware that bans a caller who asks for what only attackers ask for.
//   MQTT_URL=mqtt://broker.example node express-middleware.mjs
import { createVallum } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';
import express from 'express';
import { pathToFileURL } from 'node:url';

const BAIT = [/\/wp-login\.php$/, /\/\.env$/, /\/\.git\//];

/** @param {import('@vallum/core').Vallum} vallum */
export function banAttackers(vallum) {
  return (request, response, next) => {
    if (!BAIT.some((path) => path.test(request.path))) {
      next();
      return;
    }
    response.sendStatus(404);
    vallum
      .ban(request.ip, { timeoutSeconds: 3600, reason: 'asked for bait' })
      .catch((error) => console.error(`cannot ban ${request.ip}: ${error.message}`));
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const vallum = await createVallum({
    topics: ['blacklist'],
    origin: 'shop',
    transport: createMqttTransport({ url: process.env.MQTT_URL ?? 'mqtt://localhost' }),
  });
  const app = express();
  // Behind a proxy, name it with app.set('trust proxy', …): else the proxy is banned.
  app.use(banAttackers(vallum));
  app.get('/', (_request, response) => response.send('Welcome'));
  app.listen(8080);
}
