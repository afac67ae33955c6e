type Numbers = Uint8Array | Uint32Array;

/**
 * How often the larger copy is gone on with, in values that come: to copy one by one takes three
 * times as long.
 */
const STEP = 64;

/**
 * One array for those who want all of it in one, which grows without stopping everything: its
 * larger copy is made little by little, while there is still room.
 */
export class GrowingArray<Kind extends Numbers> {
  values: Kind;
  readonly #make: (length: number) => Kind;
  #length = 0;
  #larger: Kind | undefined;
  /** How many of the values `#larger` has. */
  #copied = 0;

  /** @param capacity a multiple of 8 */
  constructor(make: (length: number) => Kind, capacity: number) {
    this.#make = make;
    this.values = make(capacity);
  }

  get byteLength(): number {
    return this.values.byteLength + (this.#larger?.byteLength ?? 0);
  }

  /** Makes room for so many values, where there is none yet: no copy is begun until they are there. */
  reserve(length: number): void {
    const capacity = 8 * Math.ceil(length / 7);
    if (this.#length === 0 && capacity > this.values.length) this.values = this.#make(capacity);
  }

  append(value: number): void {
    const capacity = this.values.length;
    const behind = this.#length - (capacity - capacity / 8);
    if (behind >= 0 && (behind % STEP === 0 || this.#length === capacity)) this.#copySome(capacity);
    this.#length += 1;
    this.set(this.#length - 1, value);
  }

  set(index: number, value: number): void {
    this.values[index] = value;
    if (this.#larger !== undefined && index < this.#copied) this.#larger[index] = value;
  }

  /** While the last eighth is filled, eight values are copied for each, some hundred at a time. */
  #copySome(capacity: number): void {
    const larger = (this.#larger ??= this.#make(capacity + 8 * Math.ceil(capacity / 32)));
    if (this.#length === capacity) {
      this.values = larger;
      this.#larger = undefined;
      this.#copied = 0;
      return;
    }
    const end = Math.min(this.#copied + 8 * STEP, capacity);
    larger.set(this.values.subarray(this.#copied, end), this.#copied);
    this.#copied = end;
  }
}
