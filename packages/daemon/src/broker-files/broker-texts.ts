import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { PROTECT_TOPIC } from '@vallum/core';
import type { Account, Fleet } from './fleet.js';

/**
 * What an account may do: for each node and publisher no more than docs/security.md says that it needs.
 * Its blocks are these.
 */
export function aclBlock(
  { name, isNode, isPublisher, isAdministrator }: Account,
  topics: readonly { readonly topic: string }[],
): string {
  const lines = new Set([`user ${name}`]);
  const allow = (...rules: string[]) => {
    for (const rule of rules) lines.add(`topic ${rule}`);
  };
  if (isNode) {
    for (const { topic } of topics) {
      allow(`read ${topic}/#`, ...['add', 'sync', 'ask'].map((to) => `write ${topic}/${to}`));
    }
    allow(`readwrite vallumd/${name}`, `read vallumd/${name}/sync`, 'write vallumd/+/sync');
    allow(`read vallumd/reply/${name}`, 'write vallumd/reply/+', 'read vallumd/+');
    allow(`readwrite ${PROTECT_TOPIC}/#`);
  }
  if (isPublisher) {
    for (const { topic } of topics) {
      allow(...['add', 'del', 'ask'].map((to) => `write ${topic}/${to}`));
    }
    allow(`read vallumd/reply/${name}`, 'read vallumd/+');
    allow(`write ${PROTECT_TOPIC}/ask`);
  }
  if (isAdministrator) allow(...['add', 'del'].map((to) => `write ${PROTECT_TOPIC}/${to}`));
  return `${[...lines].join('\n')}\n`;
}

/** `/etc/mosquitto/conf.d/vallum.conf` */
export function mosquittoConf({ port, brokerFolder, clientCertificates }: Fleet): string {
  return [
    `listener ${port.toString()}`,
    `cafile   ${brokerFolder}/ca.pem`,
    `certfile ${brokerFolder}/broker.pem`,
    `keyfile  ${brokerFolder}/broker.key`,
    ...(clientCertificates ? ['require_certificate true'] : []),
    'allow_anonymous false',
    `password_file ${brokerFolder}/passwords`,
    `acl_file ${brokerFolder}/acl`,
    '',
  ].join('\n');
}

/** As mosquitto_passwd does it (mosquitto 2.0, src/password_mosq.c): PBKDF2 with SHA-512. */
const ITERATIONS = 101;

/** `fw1:$7$101$<salt>$<hash>`, a line of Mosquitto's password file. */
export function passwordLine(name: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, ITERATIONS, 64, 'sha512');
  const fields = [ITERATIONS.toString(), salt.toString('base64'), hash.toString('base64')];
  return `${name}:$7$${fields.join('$')}\n`;
}
