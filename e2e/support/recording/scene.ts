import { join } from 'node:path';
import {
  connectNamespaces,
  ownNamespace,
  startProcess,
  temporaryFolder,
  type RunningProcess,
} from '@vallum/test-kit';
import { createPageWorld, type PageWorld } from '../page-world.js';

const BROKER = 'broker.example';
const FIREWALLS = ['fw1', 'fw2', 'fw3'] as const;
const MACHINES = ['web1', ...FIREWALLS] as const;
/** Reaches none but the third firewall. */
const ATTACKER = 'attacker';

/** A machine of the scene. */
export type Machine = (typeof MACHINES)[number] | typeof ATTACKER;

/** A server that bans, a broker, three firewalls, and an attacker, who is 203.0.113.7. */
export interface Scene {
  readonly machines: Readonly<Record<Machine, PageWorld>>;
  remove(): Promise<void>;
}

/** Sets everything up as the guides have it, and settles when the firewalls know each other. */
export async function setScene(): Promise<Scene> {
  const authority = join(temporaryFolder(), 'ca.pem');
  const machines = Object.fromEntries(
    await Promise.all(
      [...MACHINES, ATTACKER].map(
        async (name) => [name, await createPageWorld(name, authority)] as const,
      ),
    ),
  ) as Record<Machine, PageWorld>;
  await connectNamespaces(machines.attacker.namespace, machines.fw3.namespace, {
    ...{ left: ['203.0.113.7/24'], right: ['203.0.113.1/24'] },
  });
  machines.attacker.write('/etc/hosts', '127.0.0.1 localhost\n203.0.113.1 fw3\n');
  for (const [number, name] of MACHINES.entries()) {
    const net = `10.83.${number}`;
    await connectNamespaces(ownNamespace, machines[name].namespace, {
      ...{ left: [`${net}.1/24`], right: [`${net}.2/24`] },
    });
    const hosts = `127.0.0.1 localhost\n127.0.1.1 ${name}\n${net}.1 ${BROKER}\n`;
    machines[name].write('/etc/hosts', hosts);
  }
  const broker = await startBroker(machines, authority);
  const daemons = await Promise.all(FIREWALLS.map((name) => startFirewall(machines[name])));
  await machines.fw3.until('[ $(vallumd fleet | grep -c agrees) = 3 ]');
  // A fleet has banned before: the first ban of a process is the slowest.
  for (const action of ['add', 'del']) {
    await machines.web1.sh(`vallum-pub ${action} 198.51.100.9 --set blacklist --confirm`);
  }
  return {
    machines,
    async remove() {
      await Promise.all([broker, ...daemons].map((one) => one.kill('SIGKILL')));
      const spaces = Object.values(machines).map(({ namespace }) => namespace);
      await Promise.all(spaces.map((space) => space.remove()));
    },
  };
}

/** With TLS and an account for each machine. */
async function startBroker(
  machines: Scene['machines'],
  authority: string,
): Promise<RunningProcess> {
  const folder = temporaryFolder();
  await machines.web1.sh(
    `vallumd broker-files --broker ${BROKER} --nodes ${FIREWALLS.join()} --publishers web1 \\
       --broker-folder ${folder}/its/broker --output ${folder}/its
     chmod -R a+rX ${folder}
     cp ${folder}/its/ca.pem ${authority}
     (echo 'user root'; cat ${folder}/its/broker/vallum.conf) >${folder}/mosquitto.conf`,
  );
  for (const name of MACHINES) {
    const machine = machines[name];
    const password = await machine.sh(`cat ${folder}/its/machines/${name}/mqtt-password`);
    machine.write('/etc/vallum/mqtt-password', password, 0o600);
    const account = `host: ${BROKER}\ntls: true\nusername: ${name}\n`;
    machine.write('/etc/vallum/vallum-pub.yaml', `${account}origin: ${name}\n`);
    const backend = name === 'fw3' ? 'ipset' : 'nftables';
    const vallumd = `${account}topics: [blacklist]\nbackend: ${backend}\n`;
    machine.write('/etc/vallum/vallumd.yaml', vallumd);
  }
  const broker = await startProcess('mosquitto', ['-c', join(folder, 'mosquitto.conf')]);
  await broker.waitForOutput(/mosquitto version \S+ running/);
  return broker;
}

async function startFirewall(machine: PageWorld): Promise<RunningProcess> {
  await machine.sh('vallumd setup --apply');
  const daemon = await machine.start('vallumd');
  await daemon.waitForOutput(/listening to blacklist/);
  return daemon;
}
