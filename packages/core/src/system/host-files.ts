import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { VallumError } from '../words/errors.js';
import { messageOf } from '../words/message-of.js';

/** What the system tells of itself in files and through libuv. */
export interface HostFiles {
  readonly read: (path: string) => Promise<string>;
  /** @throws VallumError `BACKEND_UNAVAILABLE` where this process may not ask for them */
  readonly interfaces: typeof networkInterfaces;
}

export const systemFiles: HostFiles = {
  read: (path) => readFile(path, 'utf8'),
  interfaces: () => readInterfaces(networkInterfaces),
};

/** libuv asks by netlink, and Node has no word for its being forbidden: `Unknown system error 97`. */
export function readInterfaces(
  ask: typeof networkInterfaces,
): ReturnType<typeof networkInterfaces> {
  try {
    return ask();
  } catch (error) {
    throw new VallumError(
      `the kernel does not tell this process its interfaces (${messageOf(error)}); where netlink is ` +
        'forbidden, RestrictAddressFamilies= of its systemd unit has to name AF_NETLINK',
      { code: 'BACKEND_UNAVAILABLE', operation: 'read interfaces', cause: error },
    );
  }
}
