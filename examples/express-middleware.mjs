// An Express middleware that bans a caller who asks for what only attackers ask for.
//   MQTT_URL=mqtt://broker.example PORT=8080 node express-middleware.mjs
import { createVallum } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';
import express from 'express';
import { pathToFileURL } from 'node:url';

const BAIT = [/\/wp-login\.php$/, /\/\.env$/, /\/\.git\//];

/** @returns {import('express').RequestHandler} */
export function banAttackers(/** @type {import('@vallum/core').Vallum} */ vallum) {
  return (request, response, next) => {
    const { ip, path } = request;
    if (ip === undefined || !BAIT.some((bait) => bait.test(path))) {
      next();
      return;
    }
    response.sendStatus(404);
    vallum
      .ban(ip, { timeoutSeconds: 3600, reason: 'asked for bait' })
      .then(([report]) => console.log(report))
      .catch((error) => console.error(`cannot ban ${ip}: ${error.message}`));
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
  app.get('/', (_request, response) => void response.send('Welcome'));
  app.listen(Number(process.env.PORT ?? 8080));
}
