/** Remembers the numbers that were added last, so many of them. */
export class LastFew {
  readonly #numbers = new Set<number>();

  constructor(private readonly most: number) {}

  add(number: number): void {
    this.#numbers.add(number);
    for (const oldest of this.#numbers) {
      if (this.#numbers.size <= this.most) break;
      this.#numbers.delete(oldest);
    }
  }

  has(number: number): boolean {
    return this.#numbers.has(number);
  }
}
