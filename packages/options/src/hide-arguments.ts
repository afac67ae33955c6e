/**
 * Shows only the program's name in the process list, since the command line may hold a password.
 * libuv overwrites the memory that /proc/PID/cmdline shows (uv_set_process_title). Between exec and
 * this call the arguments can be seen: a password file has no such moment.
 */
export function hideArguments(program: string): void {
  process.title = program;
}
