/** Names that are remembered at most: others may invent them. */
const MOST = 10_000;

interface Heard {
  /** When it last said something; undefined: not since this node listens. */
  seen: number | undefined;
  /** Since when it has not been up, as far as that was seen; undefined: it was up when last looked at. */
  down: number | undefined;
}

/** What this node remembers of others for as long as it runs. Times are Unix seconds. */
export class HeardNodes {
  readonly #nodes = new Map<string, Heard>();

  constructor(private readonly nowMs: () => number = Date.now) {}

  /** It has said something just now. */
  heard(node: string): void {
    this.#put(node, { seen: this.#now, down: undefined });
  }

  /** The broker says that it is not up. */
  foundDown(node: string): void {
    const { seen, down = this.#now } = this.#nodes.get(node) ?? {};
    this.#put(node, { seen, down });
  }

  /** The broker says that it is connected. */
  foundUp(node: string): void {
    this.#put(node, { seen: this.#nodes.get(node)?.seen, down: undefined });
  }

  lastSeen(node: string): number | undefined {
    return this.#notAhead(this.#nodes.get(node)?.seen);
  }

  /** When it was first found not to be up; it may have been so before. */
  downSince(node: string): number | undefined {
    return this.#notAhead(this.#nodes.get(node)?.down);
  }

  get names(): Iterable<string> {
    return this.#nodes.keys();
  }

  /** Those of whom nothing was heard for longest are forgotten first. */
  #put(node: string, heard: Heard): void {
    this.#nodes.delete(node);
    this.#nodes.set(node, heard);
    if (this.#nodes.size <= MOST) return;
    const [oldest] = this.#nodes.keys();
    if (oldest !== undefined) this.#nodes.delete(oldest);
  }

  /** A clock that was set back does not make anything happen in the future. */
  #notAhead(unix: number | undefined): number | undefined {
    return unix === undefined ? undefined : Math.min(unix, this.#now);
  }

  get #now(): number {
    return Math.floor(this.nowMs() / 1000);
  }
}
