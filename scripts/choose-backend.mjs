// For npm start: what this machine's kernel lets this user use, and how to see a ban there. Netlink needs
// no program to be installed, so what decides is whether the kernel answers.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const table = { family: 'inet', table: 'vallum' };

/** @returns {Promise<{ backend: string, why: string }>} */
export async function chooseBackend() {
  // Built by now, and not before this file is loaded.
  const { createIpsetBackend, createNftablesBackend } = await import('@vallum/core');
  const fellBack = () => {};
  const candidates = [
    ['ipset', () => createIpsetBackend({ fellBack })],
    ['nftables', () => createNftablesBackend({ ...table, fellBack })],
  ];
  const reasons = [];
  for (const [name, create] of candidates) {
    try {
      const backend = await create();
      // Asking for a set that is not there takes the same rights as making one, and leaves nothing.
      await backend.inspect(`vallum-probe-${process.pid}`).finally(() => backend.close());
      return { backend: name, why: describe(name, reasons) };
    } catch (error) {
      reasons.push(`${name}: ${error.message}`);
    }
  }
  const hint = process.getuid?.() === 0 ? '' : '; as root it may work';
  return {
    backend: 'memory',
    why: `bans are kept in memory only, since the kernel's sets cannot be used (${reasons.join('; ')})${hint}`,
  };
}

function describe(name, reasons) {
  if (name === 'ipset') return 'bans go into real kernel sets';
  return (
    `bans go into real kernel sets, in the table inet vallum, and packets from them are dropped ` +
    `(${reasons.join('; ')})`
  );
}

/** A command that shows the bans with what this machine has. */
export function howToSee(backend, set, stateDir) {
  if (backend === 'ipset' && has('ipset')) return `ipset list ${set}`;
  if (backend.startsWith('nftables') && has('nft')) {
    return `nft list set ${table.family} ${table.table} ${set}`;
  }
  return `npx -p @vallum/daemon vallumd journal --state-dir ${/^[\w./-]+$/.test(stateDir) ? stateDir : `'${stateDir}'`}`;
}

function has(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
