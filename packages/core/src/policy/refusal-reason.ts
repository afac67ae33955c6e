/** Why policy said no. */
export type RefusalReason =
  /** The address is, contains or lies in an entry of the protect list. */
  | 'protected'
  /** The prefix covers more addresses than allowed. */
  | 'prefix-too-wide'
  /** The set covers so much of the address space already that it may not cover this too. */
  | 'cover-exceeded'
  /** The set holds the other family, and no set of the family stands beside it. */
  | 'wrong-family'
  /** hash:ip and bitmap:ip take single addresses; a prefix needs hash:net. */
  | 'prefix-unsupported'
  /** The set's type is none that Vallum edits. */
  | 'unsupported-type'
  /** Not enough origins hold a live lease: the set's `quorum`. */
  | 'quorum'
  /** It has lasted as long as a ban may in this set: `maxBanSeconds`. */
  | 'max-ban'
  /** The set is only observed: `observe`. */
  | 'observe';
