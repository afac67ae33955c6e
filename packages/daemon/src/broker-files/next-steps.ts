import { shellWord } from '../shell-word.js';
import type { Fleet } from './fleet.js';
import type { Folder } from './folder.js';

/** What was made, and the commands that bring it to its places. */
export function nextSteps(folder: Folder, fleet: Fleet): string {
  const { made } = folder;
  if (made.length === 0) return `Everything is there, in ${folder.path}: nothing was changed.\n`;
  const [host] = fleet.brokers;
  const lines = [`Made or added to in ${folder.path}:`, ...made.map((path) => `  ${path}`), ''];

  if (made.some((path) => path.startsWith('broker/'))) {
    const { brokerFolder } = fleet;
    lines.push(
      'On the broker (Mosquitto), now and whenever a machine was added:',
      `  ssh root@${host} mkdir -p ${brokerFolder}`,
      `  scp ${['ca.pem', 'broker.pem', 'broker.key', 'passwords', 'acl'].map((file) => shellWord(folder.at('broker', file))).join(' ')} root@${host}:${brokerFolder}/`,
      `  scp ${shellWord(folder.at('broker', 'vallum.conf'))} root@${host}:/etc/mosquitto/conf.d/`,
      `  ssh root@${host} 'cd ${brokerFolder} && chgrp mosquitto broker.key passwords acl && chmod 640 broker.key passwords acl && systemctl restart mosquitto'`,
      '',
    );
  }
  for (const { name, isNode, isPublisher } of fleet.accounts) {
    if (!made.some((path) => path.startsWith(`machines/${name}/`))) continue;
    const folderOfMachine = folder.at('machines', name);
    lines.push(
      `On ${name} (write the name that reaches it; what has the same names in /etc/vallum is replaced):`,
      `  scp ${shellWord(folderOfMachine)}/* root@${name}:/etc/vallum/`,
      ...(isNode && fleet.clientCertificates
        ? [`  ssh root@${name} 'cd /etc/vallum && chgrp vallum client.key && chmod 640 client.key'`]
        : []),
      ...(isNode
        ? [`  ssh root@${name} 'systemctl restart vallumd && vallumd doctor'`]
        : isPublisher
          ? [`  ssh root@${name} vallum-pub doctor`]
          : []),
      '',
    );
  }
  lines.push(
    'ca.key stays here: whoever has it can pretend to be the broker. Keep this folder, with a backup:',
    'the same command with another name adds a machine.',
    '',
  );
  return lines.join('\n');
}
