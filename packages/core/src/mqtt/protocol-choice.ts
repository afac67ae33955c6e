/** Which version of MQTT to speak: 5 first, 3.1.1 where the broker knows no better. */
export class ProtocolChoice {
  readonly #fixed: boolean;
  #version: 4 | 5;
  #guessing = false;

  constructor(fixed: 4 | 5 | undefined) {
    this.#fixed = fixed !== undefined;
    this.#version = fixed ?? 5;
  }

  get version(): 4 | 5 {
    return this.#version;
  }

  /**
   * Draws the lesson of a connection that ended. A refusal in so many words is remembered. A
   * broker that only hung up may be an old one, or a proxy before a broker that is restarting:
   * 3.1.1 is then tried once, and 5 again at the next occasion.
   *
   * @returns true where the next attempt is worth making at once
   */
  learn(accepted: boolean, tryOlder: 'said' | 'guessed' | undefined): boolean {
    if (this.#fixed) return false;
    if (this.#guessing) {
      this.#guessing = false;
      // 3.1.1 was let in, or failed too: either way 5 is the first choice again.
      this.#version = 5;
      return false;
    }
    if (accepted || tryOlder === undefined || this.#version === 4) return false;
    this.#version = 4;
    this.#guessing = tryOlder === 'guessed';
    return true;
  }
}
