import type { SetName } from '../../words/names.js';
import { readBody, readKind, type SetKind } from './read-set.js';
import type { IpsetSession } from './session.js';
import { writeHeader } from './write-request.js';

/** A set's kind, or the number with which the kernel refused to tell. */
export type KindAnswer =
  { readonly ok: true; readonly kind: SetKind } | { readonly ok: false; readonly errno: number };

/**
 * Remembers of which kind sets are. Asking takes as long as changing an entry, and the kernel checks
 * most by itself, so what was seen once is believed until something does not fit.
 */
export class SetKinds {
  readonly #session: IpsetSession;
  readonly #seen = new Map<SetName, SetKind>();

  constructor(session: IpsetSession) {
    this.#session = session;
  }

  /** @param isEnough whether what was seen before can be relied on here */
  get(set: SetName, isEnough: (kind: SetKind) => boolean): KindAnswer {
    const seen = this.#seen.get(set);
    return seen !== undefined && isEnough(seen) ? { ok: true, kind: seen } : this.ask(set);
  }

  /** Asks the kernel, whatever was seen before. */
  ask(set: SetName): KindAnswer {
    const answer = this.#session.query((writer, envelope) => writeHeader(writer, envelope, set));
    if (!answer.ok) {
      this.forget(set);
      return { ok: false, errno: answer.refusal.errno };
    }
    const kind = readKind(readBody(answer.message));
    this.#seen.set(set, kind);
    return { ok: true, kind };
  }

  forget(set: SetName): void {
    this.#seen.delete(set);
  }
}
