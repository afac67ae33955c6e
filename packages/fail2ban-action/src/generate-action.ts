import { defaultActionOptions, type ActionOptions } from './action-options.js';

/**
 * Makes the text of `action.d/vallumd.conf` for fail2ban 0.11 and later.
 *
 * @throws RangeError where a value could not stand in the file or in a shell's double quotes
 */
export function generateAction(options: ActionOptions = {}): string {
  const values = { ...defaultActionOptions, ...options };
  for (const [name, value] of Object.entries(values)) checkValue(name, value);

  const terms = '--since "<time>" --timeout "<bantime>"';
  const identity = '--set "<set>" --origin "<origin>"';
  const sending = '--qos 1 --wait "<wait>" --quiet';
  const add = `<command> add ${identity} --reason "<reason>"`;
  return `${header}
[Definition]

# Finds a wrong set, origin or configuration file when the jail starts, not at the first ban (a dry
# run: fail2ban logs what it prints at level DEBUG). Then shares what the jail holds already, all of it
# as one list: the bans that fail2ban restores after its own restart, and those of before this action.
# 65: some of it is no address, or may not be banned, and was said; all else is shared.
actionstart = ${add} --timeout 600 --dry-run -- 192.0.2.1 && { [ "<db>" = none ] || <command> import fail2ban --db "<db>" --jail "<name>" --set "<set>" --as "<origin>" --reason "<reason>" ${sending} || [ $? -eq 65 ]; }

# What fail2ban restores has been shared by the start, without a process of vallum-pub for each.
# The quotes and the -- matter: a filter may hand over an <ip> that is none.
actionban = [ "<restored>" = 1 ] && [ "<db>" != none ] || ${add} ${terms} ${sending} -- "<ip>"

# With bantime.increment the longer time is known only after the ban (up to 10 s).
actionprolong = ${add} ${terms} ${sending} -- "<ip>"

# Ends what this host and this jail asked for; a ban that another host or jail wants too stays.
actionunban = <command> del ${identity} ${sending} -- "<ip>"

# fail2ban flushes when it stops, reloads a jail away, or is told "unban --all". Without a flush of
# its own it would unban each address here, and so everywhere, each time this host reboots. It cannot
# tell one from the other, so neither lifts a ban; each ends by itself. After "unban --all", or for a jail
# that is gone for good: vallum-pub del --set <set> --origin <origin> --all
actionflush = true

actionstop =
actioncheck =

[Init]

# How vallum-pub is called. Where the broker is, and as whom, stands in /etc/vallum/vallum-pub.yaml.
command = ${escape(values.command)}

# The kernel set (and MQTT topic) that the bans go to.
set = ${escape(values.set)}

# In whose name. It must differ between hosts and between jails, and stay the same: an unban under
# another name than the ban lifts nothing. "hostname -f" says what <fq-hostname> will be; where that
# is "localhost" or depends on a name server, write a name: origin = web1.<name>
origin = ${escape(values.origin)}

# Why, for whoever reads the log of a firewall.
reason = ${escape(values.reason)}

# Longest time to go without an answer from the broker. Actions run one by one: while this one waits,
# the jail bans nobody. What the broker has not taken by then is kept in /var/spool/vallum-pub, and
# delivered once it is back: the action has not failed then, and fail2ban does not run it once more.
wait = ${escape(values.wait)}

# fail2ban's database ("fail2ban-client get dbfile"), where the start finds what the jail holds. With
# "none", for a fail2ban without one, each restored ban is shared by a process of its own.
db = ${escape(values.db)}
`;
}

const header = `# Shares the bans of a jail with every vallumd, over MQTT.
#
# Made by vallum-fail2ban-action. Put changes into jail.local, or into vallumd.local beside this file.
#
#   [sshd]
#   action = %(action_)s
#            vallumd[set=blacklist]
#
# Local banning (%(action_)s) goes first: it does not wait for the network then.
# What it does, and what fail2ban does not let it do: docs/fail2ban.md
`;

/** fail2ban reads the file with ConfigParser, where % begins an interpolation. */
function escape(value: string): string {
  return value.replaceAll('%', '%%');
}

function checkValue(name: string, value: string): void {
  // The values stand in double quotes, and the tags of fail2ban are meant as such.
  const forbidden = /["\\$`\p{C}]/u;
  if (value.trim() === '' || value !== value.trim() || forbidden.test(value)) {
    throw new RangeError(
      `${name} must not be empty, start or end with a blank, or hold " \\ $ \` or control characters`,
    );
  }
  if (/(^|\s)[;#]/.test(value)) {
    throw new RangeError(`${name} holds what fail2ban takes for a comment: ; or # behind a blank`);
  }
}
