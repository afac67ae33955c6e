import { defineOption } from '@vallum/options';

/** The embedded broker. */
export const listenOptions = [
  defineOption({
    name: 'listen',
    type: 'string',
    env: 'VALLUM_LISTEN',
    configKey: 'listen',
    description:
      'Run a broker as well, on 127.0.0.1 unless a host is given; it keeps nothing over a restart',
    group: 'Connection',
    placeholder: '[HOST:]PORT',
  }),
  defineOption({
    name: 'listen-cert',
    type: 'file',
    env: 'VALLUM_LISTEN_CERT',
    configKey: 'listen-cert',
    description:
      'With listen: speak TLS with the certificate in this PEM file, followed by any intermediate ones; the file is read again when it changes',
    group: 'Connection',
    placeholder: 'FILE',
  }),
  defineOption({
    name: 'listen-key',
    type: 'file',
    env: 'VALLUM_LISTEN_KEY',
    configKey: 'listen-key',
    description: 'PEM file with the key of that certificate',
    group: 'Connection',
    placeholder: 'FILE',
  }),
] as const;
