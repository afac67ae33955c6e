/** One of the files that the page consists of. */
export interface Asset {
  readonly name: string;
  /** For `content-type`. */
  readonly type: string;
  readonly text: string;
  /** Of the text. */
  readonly hash: string;
  /** The name holds the hash: what is behind it never changes. */
  readonly hashed: boolean;
}

export const assets: readonly Asset[];
