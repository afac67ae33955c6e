/** Exit codes of vallumd, from sysexits.h. */
export const EXIT = {
  ok: 0,
  /** The command line or the environment is unusable (EX_USAGE). */
  usage: 64,
  /** `vallumd journal` finds no journal, `vallumd reconcile` no vallumd, the doctor no findings (EX_NOINPUT). */
  noInput: 66,
  /** The embedded broker cannot listen, the backend is not there, nobody could be told (EX_UNAVAILABLE). */
  unavailable: 69,
  /** A fault of vallumd itself (EX_SOFTWARE). */
  software: 70,
  /** The operating system does not allow it (EX_NOPERM). */
  noPermission: 77,
  /** The configuration file, or a file that it names, is unusable (EX_CONFIG). */
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
