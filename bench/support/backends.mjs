// Backends by name, and the kernel's side of them for the tools that they are compared with.
import { createIpsetBackend, createNftablesBackend } from '@vallum/core';
import { run } from './processes.mjs';

export const TABLE = { family: 'inet', table: 'vallum' };

/** @param {'ipset' | 'nftables'} name */
export function openBackend(name) {
  return name === 'ipset'
    ? createIpsetBackend({ fellBack })
    : createNftablesBackend({ ...TABLE, fellBack });
}

/** What is measured is netlink. */
function fellBack(sentence) {
  throw new Error(sentence);
}

/** Takes everything away that a run has made in this namespace. */
export async function clear(name) {
  if (name === 'ipset') await run('ipset', ['destroy']);
  else await run('nft', ['flush', 'ruleset']);
}
