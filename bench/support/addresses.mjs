/**
 * IPv4 addresses as attackers have them: most from networks that send many, some met before. The
 * same seed gives the same list.
 *
 * @param {{ count: number, seed?: number }} wish `count` different ones
 * @returns {string[]}
 */
export function attackers({ count, seed = 1 }) {
  const random = generator(seed);
  const networks = Array.from({ length: Math.ceil(count / 40) }, () => [
    1 + Math.floor(random() * 222),
    Math.floor(random() * 256),
    Math.floor(random() * 256),
  ]);
  const found = new Set();
  while (found.size < count) {
    const [a, b, c] = networks[Math.floor(random() ** 2 * networks.length)];
    // One in eight comes from anywhere.
    const low = random() < 7 / 8 ? c : Math.floor(random() * 256);
    found.add(`${a === 127 ? 128 : a}.${b}.${low}.${Math.floor(random() * 256)}`);
  }
  return [...found];
}

/** mulberry32: 32 bits of state are enough for a list. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
