/** Numbers pairs of origin and reason in the order in which they are first seen. */
export class NumberedTexts {
  readonly #numbers = new Map<string, Map<string, number>>();
  #size = 0;

  numberOf(origin: string, reason: string): number {
    let ofOrigin = this.#numbers.get(origin);
    if (ofOrigin === undefined) {
      ofOrigin = new Map();
      this.#numbers.set(origin, ofOrigin);
    }
    let number = ofOrigin.get(reason);
    if (number === undefined) {
      number = this.#size++;
      ofOrigin.set(reason, number);
    }
    return number;
  }
}
