import type { Account, Fleet } from './fleet.js';

function connection({ name }: Account, fleet: Fleet): string[] {
  const { brokers, port, clientCertificates } = fleet;
  return [
    `host: ${JSON.stringify(brokers[0])}`,
    'tls: true',
    ...(port === 8883 ? [] : [`port: ${port.toString()}`]),
    'ca-file: ca.pem',
    ...(clientCertificates ? ['cert-file: client.pem', 'key-file: client.key'] : []),
    '# The password is in /etc/vallum/mqtt-password.',
    `username: ${JSON.stringify(name)}`,
  ];
}

/** `/etc/vallum/vallumd.yaml`; files are looked for in its folder. */
export function daemonYaml(account: Account, fleet: Fleet): string {
  const topics = fleet.topics.map(({ topic, set }) => (topic === set ? topic : `${topic}=${set}`));
  const lines = [
    ...connection(account, fleet),
    `node: ${JSON.stringify(account.name)}`,
    `topics: ${JSON.stringify(topics)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** `/etc/vallum/vallum-pub.yaml` */
export function publisherYaml(account: Account, fleet: Fleet): string {
  const [first] = fleet.topics;
  const only = fleet.topics.length === 1 ? first : undefined;
  const lines = [
    ...connection(account, fleet),
    ...(only === undefined ? [] : [`set: ${only.set}`]),
    ...(only === undefined || only.topic === only.set ? [] : [`topic: ${only.topic}`]),
  ];
  return `${lines.join('\n')}\n`;
}
