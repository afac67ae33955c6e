import { VallumError } from '../words/errors.js';
import type { Backend } from './backend.js';

/** What a backend does that cannot speak netlink. */
export interface FallBackOptions {
  /** Called once, with a sentence for the log, where netlink is not to be had. */
  readonly fellBack?: (sentence: string) => void;
}

/** Opens a backend over netlink, or where koffi or the socket is not to be had, drives a program. */
export async function preferNetlink(
  overNetlink: () => Promise<Backend>,
  throughProgram: () => Backend,
  program: string,
  { fellBack }: FallBackOptions,
): Promise<Backend> {
  try {
    return await overNetlink();
  } catch (error) {
    if (!(error instanceof VallumError) || error.code !== 'BACKEND_UNAVAILABLE') throw error;
    fellBack?.(`${error.message}; driving the program ${program} instead, which is slower`);
    return throughProgram();
  }
}
