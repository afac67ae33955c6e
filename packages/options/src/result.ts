// Types only from core: the programs that bundle this package must not pay for loading core here.
import type { Failure, Result } from '@vallum/core';

export type { Failure, Result };

export function success<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function failure<Reason extends string>(reason: Reason, detail: string): Failure<Reason> {
  return { ok: false, reason, detail };
}
