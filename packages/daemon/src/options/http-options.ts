import { defineOption } from '@vallum/options';

/** What is answered over HTTP. */
export const httpOptions = [
  defineOption({
    name: 'http',
    type: 'string',
    env: 'VALLUM_HTTP',
    configKey: 'http',
    description:
      'Answer HTTP on this port, on 127.0.0.1 unless a host is given: /metrics for Prometheus, /healthz, /readyz, and under /api/ what the commands show, as JSON; nothing can be changed through it',
    group: 'HTTP',
    placeholder: '[HOST:]PORT',
  }),
  defineOption({
    name: 'http-token-file',
    type: 'file',
    env: 'VALLUM_HTTP_TOKEN_FILE',
    configKey: 'http-token-file',
    description:
      'With http: clients must send the token in the first line of this file, as Bearer or as the password of Basic; the file is read again when it changes',
    group: 'HTTP',
    placeholder: 'FILE',
  }),
  defineOption({
    name: 'http-cert',
    type: 'file',
    env: 'VALLUM_HTTP_CERT',
    configKey: 'http-cert',
    description:
      'With http: speak TLS with the certificate in this PEM file, followed by any intermediate ones; the file is read again when it changes',
    group: 'HTTP',
    placeholder: 'FILE',
  }),
  defineOption({
    name: 'http-key',
    type: 'file',
    env: 'VALLUM_HTTP_KEY',
    configKey: 'http-key',
    description: 'PEM file with the key of that certificate',
    group: 'HTTP',
    placeholder: 'FILE',
  }),
  defineOption({
    name: 'http-client-ca',
    type: 'file',
    env: 'VALLUM_HTTP_CLIENT_CA',
    configKey: 'http-client-ca',
    description: 'With http-cert: clients must have a certificate from a CA in this PEM file',
    group: 'HTTP',
    placeholder: 'FILE',
  }),
] as const;
