/** An expected refusal is a value: either what was asked for, or a reason that a program can switch on. */
export type Result<Value, Reason extends string> =
  { readonly ok: true; readonly value: Value } | Failure<Reason>;

/** A refusal: a reason for programs, a sentence for people. */
export interface Failure<Reason extends string> {
  readonly ok: false;
  readonly reason: Reason;
  /** A sentence for people: what is wrong and what to do. Holds no unescaped input. */
  readonly detail: string;
}

export function success<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function failure<Reason extends string>(reason: Reason, detail: string): Failure<Reason> {
  return { ok: false, reason, detail };
}
