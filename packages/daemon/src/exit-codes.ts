/** Exit codes of vallumd, from sysexits.h. */
export const EXIT = {
  ok: 0,
  /** The command line or the environment is unusable (EX_USAGE). */
  usage: 64,
  /**
   * Nothing is there to show (EX_NOINPUT): for `status`, `list`, `why` and `top` neither a vallumd nor a journal, for
   * `watch`, `fleet` and `reconcile` no vallumd, for `journal` no journal, for `doctor --from` no findings.
   */
  noInput: 66,
  /**
   * The embedded broker cannot listen, the backend is not there, nobody could be told; for commands that ask the
   * running vallumd, it hangs or went away, or cannot ask the other nodes, or for `reconcile` could not compare a set
   * or put it right (EX_UNAVAILABLE).
   */
  unavailable: 69,
  /** A fault of vallumd itself (EX_SOFTWARE). */
  software: 70,
  /** The operating system does not allow it (EX_NOPERM). */
  noPermission: 77,
  /** The configuration file, or a file that it names, is unusable (EX_CONFIG). */
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
