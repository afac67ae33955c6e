import { VallumError } from '@vallum/core';
import type { Run } from '@vallum/core/backend';
import type { Tool } from './choose-tool.js';

/** The unit that makes all again at boot and when a firewall or Docker starts or reloads. */
export const UNIT = 'vallum-setup.service';

const LOST: Readonly<Record<Tool, string>> = {
  iptables:
    'Sets and rules are gone after a reboot, and Docker or a firewall that starts later puts its rules in front',
  nftables: 'The table is gone after a reboot, and after systemctl restart nftables',
};

/** @returns sentences on what will put back what was made; none where something does already */
export async function adviseRestoring(tool: Tool, run: Run): Promise<string[]> {
  const state = await stateOfUnit(run);
  if (state === 'enabled') return [];
  return [
    state === 'disabled'
      ? `${LOST[tool]}: systemctl enable ${UNIT} puts it back each time.`
      : `${LOST[tool]}; see "Over a reboot" in doctor.md for what puts it back.`,
  ];
}

async function stateOfUnit(run: Run): Promise<'enabled' | 'disabled' | undefined> {
  try {
    const { stdout } = await run('systemctl', ['is-enabled', UNIT]);
    const word = stdout.trim();
    return word === 'enabled' || word === 'disabled' ? word : undefined;
  } catch (error) {
    if (error instanceof VallumError && error.code === 'CLOSED') throw error;
    return undefined;
  }
}
