import { randomBytes } from 'node:crypto';
import { aclBlock, mosquittoConf, passwordLine } from './broker-texts.js';
import { Certificates } from './certificates.js';
import type { Account, Fleet } from './fleet.js';
import { PUBLIC, SECRET, type Folder } from './folder.js';
import { daemonYaml, publisherYaml } from './machine-texts.js';

const PASSWORDS = 'broker/passwords';
const ACL = 'broker/acl';

/**
 * Makes what is missing: `ca.key`, which stays where it is, a folder for the broker, and one for each
 * machine. What is there is neither changed nor lost, so that a machine can be added at any time.
 */
export async function makeFiles(folder: Folder, fleet: Fleet): Promise<void> {
  const certificates = new Certificates(folder);
  const [broker] = fleet.brokers;
  await certificates.authority(broker);
  const authority = folder.read('ca.pem');
  folder.make('broker/ca.pem', authority, PUBLIC);
  await certificates.issue('broker/broker', broker, fleet.brokers);
  folder.make('broker/vallum.conf', mosquittoConf(fleet), PUBLIC);

  for (const account of fleet.accounts) {
    const at = (file: string) => `machines/${account.name}/${file}`;
    folder.make(at('ca.pem'), authority, PUBLIC);
    folder.make(at('mqtt-password'), `${randomBytes(24).toString('base64url')}\n`, SECRET);
    if (account.isNode) folder.make(at('vallumd.yaml'), daemonYaml(account, fleet), PUBLIC);
    if (account.isPublisher)
      folder.make(at('vallum-pub.yaml'), publisherYaml(account, fleet), PUBLIC);
    if (fleet.clientCertificates) await certificates.issue(at('client'), account.name, 'client');
    addAccount(folder, account, fleet);
  }
}

function addAccount(folder: Folder, account: Account, { topics }: Fleet): void {
  const { name } = account;
  const lines = (file: string) => folder.read(file).split('\n');
  if (!lines(PASSWORDS).some((line) => line.startsWith(`${name}:`))) {
    const password = folder.read('machines', name, 'mqtt-password').trim();
    folder.append(PASSWORDS, passwordLine(name, password), SECRET);
  }
  if (!lines(ACL).some((line) => line.trim() === `user ${name}`)) {
    const gap = folder.has(ACL) ? '\n' : '';
    folder.append(ACL, gap + aclBlock(account, topics), SECRET);
  }
}
