import type { SetName } from './names.js';

/** A topic prefix and the set that its messages edit. */
export interface Binding {
  /** Topic prefix `T`, without wildcards or a trailing slash. */
  readonly topic: string;
  readonly set: SetName;
}
