import { join } from 'node:path';
import { temporaryFolder, type RunningProcess } from '@vallum/test-kit';
import { createPageWorld, type PageWorld } from './page-world.js';
import { fences } from './pages.js';

/** Where no other broker is: what the pages show for one machine. */
export let lone: PageWorld;
/** Where `broker.example` is a Mosquitto: open on port 1883, with accounts and TLS on 8883. */
export let fleet: PageWorld;
let running: RunningProcess[] = [];
const names = ['broker.example', 'broker.example.org'];
/** As if the broker's certificate came from an authority that everybody knows. */
const trusted = join(temporaryFolder(), 'ca.pem');
export const passwords = { fw1: '', web1: '' };

export const listening = async (world: PageWorld, script: string) => {
  const vallumd = await world.start(script);
  running.push(vallumd);
  await vallumd.waitForOutput(/listening to blacklist/);
  return vallumd;
};
/** The last line is a vallumd that runs on; those before it are done then. */
export const thenListening = async (world: PageWorld, text: string) => {
  const lines = text.trimEnd().split('\n');
  const last = lines.pop() ?? '';
  await world.sh(lines.join('\n'));
  return listening(world, last);
};
export const inSet = (set: string, address: string) => `ipset test ${set} ${address} 2>&1`;
export const inTable = (set: string, address: string) =>
  `nft get element inet vallum ${set} '{ ${address} }'`;
/** A command or file of a page, shown in this language. */
export const shown = (page: string, language: string, pattern: RegExp) => {
  const found = fences(page, language).find((text) => pattern.test(text));
  if (found === undefined) throw new Error(`${page} does not show ${String(pattern)}`);
  return found;
};
export const byHand =
  'ipset create blacklist hash:net timeout 0; ipset create blacklist6 hash:net family inet6 timeout 0';
export const plain = 'vallumd -h broker.example -t blacklist --node fw1';
/** A ban of 203.0.113.9 that does not reach the broker, and so is in the spool. */
export const keptForLater = `
  gate() { for program in iptables ip6tables; do $program $1 INPUT -p tcp --dport 1883 --syn -j REJECT; done; }
  mkdir -p /var/spool/vallum-pub
  gate -I
  VALLUM_SPOOL=true vallum-pub add 203.0.113.9 --set blacklist
  gate -D`;
/** A firewall whose configuration is a file, as `vallumd` and `vallumd doctor` find it. */
export const withFile = () => {
  fleet.write(
    '/etc/vallum/vallumd.yaml',
    'host: broker.example\ntls: true\nusername: fw1\ntopics: [blacklist]\n',
  );
  fleet.write('/etc/vallum/mqtt-password', passwords.fw1, 0o600);
};
export const publisher = (page: string) => {
  fleet.write('/etc/vallum/vallum-pub.yaml', shown(page, 'yaml', /username: web1/));
  fleet.write('/etc/vallum/mqtt-password', passwords.web1, 0o600);
};
export const startFail2ban = async () => {
  await fleet.sh(
    `vallum-fail2ban-action --output /etc/fail2ban/action.d/vallumd.conf
     rm -f /etc/fail2ban/jail.d/*; mkdir -p /run/fail2ban; : >/var/log/vallum-auth.log; rm -f /var/lib/fail2ban/*`,
  );
  fleet.write(
    '/etc/fail2ban/jail.d/here.conf',
    '[sshd]\nbackend = polling\nlogpath = /var/log/vallum-auth.log\n',
  );
  fleet.write(
    '/etc/fail2ban/jail.local',
    shown('docs/fail2ban.md', 'ini', /^enabled = true$/m).replace(
      'set=blacklist',
      'set=blacklist, origin="web1.<name>"',
    ),
  );
  publisher('docs/fail2ban.md');
  const server = await fleet.start('fail2ban-server -f --logtarget STDOUT start');
  running.push(server);
  await fleet.until('fail2ban-client status sshd');
};

export async function setScene(): Promise<void> {
  lone = await createPageWorld('lone', trusted);
  fleet = await createPageWorld('fw1', trusted);
  fleet.write('/etc/hosts', `127.0.1.1 fw1.example fw1\n127.0.0.1 localhost ${names.join(' ')}\n`);
  await fleet.sh(
    `vallumd broker-files --broker ${names.join()} --nodes fw1 --publishers web1 --broker-folder $PWD/its/broker --output its
         chmod -R a+rX its; mv its/ca.pem ${trusted}`,
  );
  for (const name of ['fw1', 'web1'] as const) {
    passwords[name] = await fleet.sh(`cat its/machines/${name}/mqtt-password`);
  }
  // Beside that of broker-files a listener for pages that show no account.
  await fleet.sh(
    '(echo "user root"; echo "per_listener_settings true"; echo "listener 1883"; echo "allow_anonymous true"; cat its/broker/vallum.conf) >mosquitto.conf',
  );
  const broker = await fleet.start('mosquitto -c mosquitto.conf');
  await broker.waitForOutput(/mosquitto version \S+ running/);
}

/** As before: no set, no rule, no configuration, nothing that runs but the broker. */
export async function clearScene(): Promise<void> {
  await Promise.all(running.map((one) => one.kill()));
  running = [];
  for (const world of [lone, fleet]) {
    await world.sh(
      'iptables -F; iptables -X; ip6tables -F; ip6tables -X; nft flush ruleset; ipset destroy; rm -rf /etc/vallum/* /var/lib/vallum /var/spool/vallum-pub /run/vallum',
    );
  }
}
