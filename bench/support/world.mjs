// Addresses as a firewall meets them, from a seed: the same list on every machine.
//
// Attackers do not come evenly from everywhere. Some networks send thousands (a hoster, a botnet's
// favourite provider), most send a few; within a network neighbours follow each other; and the same
// address is reported again and again. So networks are drawn with a long tail, hosts within one
// network lie close together, and one line in twenty says again what stood in an earlier one.

const REPEATED = 0.05;

/**
 * sfc32 by Chris Doty-Humphrey: small, fast, passes PractRand.
 *
 * @param {number} seed
 * @returns {() => number} numbers from 0 up to, not including, 1
 */
export function seededRandom(seed) {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9, 0x243f6a88, 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** Single IPv4 addresses as text. */
export function ipv4World(count, seed = 4) {
  const random = seededRandom(seed);
  const networks = Array.from({ length: networksFor(count) }, () => publicIpv4(random));
  return withRepeats(count, random, () => {
    const network = longTail(networks, random);
    return ipv4Text((network & 0xffff_ff00) | below(256, random));
  });
}

/** Single IPv6 addresses as text: servers (::1, ::2:5), SLAAC hosts, privacy addresses. */
export function ipv6World(count, seed = 6) {
  const random = seededRandom(seed);
  const networks = Array.from({ length: networksFor(count) }, () =>
    // Global unicast, 2000::/3, spared 2001::/16: documentation and tunnels.
    [0x2400 + below(0x600, random), below(0x1_0000, random), below(0x1_0000, random)],
  );
  return withRepeats(count, random, () => {
    const [first, second, third] = longTail(networks, random);
    const subnet = below(64, random);
    const word = () => below(0x1_0000, random);
    const kind = random();
    const host =
      kind < 0.3
        ? [0, 0, 0, 1 + below(4000, random)]
        : kind < 0.5
          ? [word(), (word() & 0xff00) | 0xff, 0xfe00 | (word() & 0xff), word()]
          : [word(), word(), word(), word()];
    return ipv6Text([first, second, third, subnet, ...host]);
  });
}

/** IPv4 prefixes as text, in the shares of published block lists: most are /24. */
export function prefixWorld(count, seed = 24) {
  const random = seededRandom(seed);
  const lengths = [
    [0.62, 24],
    [0.72, 23],
    [0.81, 22],
    [0.86, 21],
    [0.9, 20],
    [0.92, 19],
    [0.93, 16],
    [0.96, 28],
    [0.98, 27],
    [1, 29],
  ];
  return withRepeats(count, random, () => {
    const share = random();
    const length = lengths.find(([upTo]) => share < upTo)?.[1] ?? 24;
    const mask = (0xffff_ffff << (32 - length)) >>> 0;
    return `${ipv4Text((publicIpv4(random) & mask) >>> 0)}/${length}`;
  });
}

/** `count` distinct addresses, for what has to be counted one by one. */
export function distinct(make, count, seed) {
  const found = new Set();
  for (let round = 0; found.size < count; round++) {
    for (const text of make(count, (seed ?? 1) + round)) {
      found.add(text);
      if (found.size === count) break;
    }
  }
  return [...found];
}

function withRepeats(count, random, make) {
  const list = new Array(count);
  for (let index = 0; index < count; index++) {
    list[index] = index > 0 && random() < REPEATED ? list[below(index, random)] : make();
  }
  return list;
}

/** Some 40 addresses a network on average; far more in the first ones. */
function networksFor(count) {
  return Math.max(16, Math.ceil(count / 40));
}

function longTail(items, random) {
  // The square prefers the front: a tenth of the networks sends a third of all.
  return items[Math.floor(random() ** 2 * items.length)];
}

function publicIpv4(random) {
  for (;;) {
    const first = 1 + below(223, random);
    if (first === 10 || first === 127) continue;
    const second = below(256, random);
    if (
      (first === 172 && second >= 16 && second < 32) ||
      (first === 192 && second === 168) ||
      (first === 169 && second === 254) ||
      (first === 100 && second >= 64 && second < 128)
    )
      continue;
    return ((first << 24) | (second << 16) | below(0x1_0000, random)) >>> 0;
  }
}

function ipv4Text(number) {
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

/** RFC 5952: no leading zeros, the longest run of zeros as `::`, the first where two are equal. */
function ipv6Text(words) {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (words[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = words.map((word) => word.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

function below(bound, random) {
  return Math.floor(random() * bound);
}
