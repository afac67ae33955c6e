import { getSystemErrorName } from 'node:util';

/** Calls of libc on open files that node has no function for. */
export interface FileCalls {
  /** flock(2): exclusive, without waiting. @returns false where another open file has it */
  lock(descriptor: number): boolean;
  /** fallocate(2), keeping the file's size; on another thread. */
  reserve(descriptor: number, position: number, length: number): Promise<void>;
}

const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;
const FALLOC_FL_KEEP_SIZE = 1;

let loading: Promise<FileCalls | undefined> | undefined;

/** @returns undefined where koffi or its native part cannot be loaded */
export function loadFileCalls(): Promise<FileCalls | undefined> {
  loading ??= bind().catch(() => undefined);
  return loading;
}

async function bind(): Promise<FileCalls> {
  const { default: koffi } = await import('koffi');
  // null is the running program: node has its libc in it already, whether glibc or musl.
  const libc = koffi.load(null);
  const flock = libc.func('int flock(int fd, int operation)');
  const fallocate = bindFallocate((signature) => libc.func(signature));
  return {
    lock(descriptor) {
      if (Number(flock(descriptor, LOCK_EX | LOCK_NB)) === 0) return true;
      const errno = koffi.errno();
      if (errno === EWOULDBLOCK) return false;
      throw systemError('flock', errno);
    },
    reserve: (descriptor, position, length) =>
      new Promise((resolve, reject) => {
        fallocate.async(
          descriptor,
          FALLOC_FL_KEEP_SIZE,
          position,
          length,
          (error: unknown, result: unknown) => {
            if (error instanceof Error) reject(error);
            else if (Number(result) === 0) resolve();
            else reject(systemError('fallocate', koffi.errno()));
          },
        );
      }),
  };
}

/** off_t has 64 bits in musl, and in glibc under another name: on 32-bit machines it matters. */
function bindFallocate<Bound>(bind: (signature: string) => Bound): Bound {
  const rest = '(int fd, int mode, int64_t offset, int64_t length)';
  try {
    return bind(`int fallocate64${rest}`);
  } catch {
    return bind(`int fallocate${rest}`);
  }
}

function systemError(call: string, errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${code}: ${call}`), { code, errno: -errno, syscall: call });
}
