/** However many origins publishers make up. */
const MOST_CLASSES = 32;
export const ANONYMOUS = '(anonymous)';
export const OTHER = '(other)';

/**
 * What kind of detector an origin is: `sshd` of `web1.sshd` and of `web2.sshd`, so that the number of
 * machines does not multiply the number of series; `ids1` of `ids1`. The first 32 are told apart.
 */
export class OriginClasses {
  readonly #known = new Set<string>();

  classOf(origin: string | undefined): string {
    if (origin === undefined || origin === '') return ANONYMOUS;
    const dot = origin.indexOf('.');
    const name = dot < 0 || dot === origin.length - 1 ? origin : origin.slice(dot + 1);
    if (this.#known.has(name)) return name;
    if (this.#known.size >= MOST_CLASSES) return OTHER;
    this.#known.add(name);
    return name;
  }
}
