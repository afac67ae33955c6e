import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import * as fc from 'fast-check';
import { formatIpv6 } from '../src/address/ipv6.js';
import { parseAddress } from '../src/address/parse.js';

// One hexadecimal text a line in; out `4 c0000207`, `6 2001…` or `-`, then inet_ntop's spelling.
const REFERENCE = `
  use Socket qw(inet_pton inet_ntop AF_INET AF_INET6);
  while (my $line = <STDIN>) {
    chomp $line;
    my $text = pack('H*', $line);
    # C strings end at a NUL, which is a fault of C and no property of an address.
    my $four = index($text, "\\0") < 0 ? inet_pton(AF_INET, $text) : undef;
    my $six = index($text, "\\0") < 0 ? inet_pton(AF_INET6, $text) : undef;
    if (defined $four) { print '4 ', unpack('H*', $four), ' ', inet_ntop(AF_INET, $four), "\\n" }
    elsif (defined $six) { print '6 ', unpack('H*', $six), ' ', inet_ntop(AF_INET6, $six), "\\n" }
    else { print "-\\n" }
  }
`;

function askReference(texts: readonly string[]): string[] {
  const input = texts.map((text) => `${Buffer.from(text).toString('hex')}\n`).join('');
  const perl = spawnSync('perl', ['-e', REFERENCE], { input, maxBuffer: 1 << 26 });
  expect(perl.stderr.toString()).toBe('');
  return perl.stdout.toString().trimEnd().split('\n');
}

/** What the reference's answer means for us: mapped addresses are IPv4 addresses. */
function expected(answer: string): string {
  const [family = '', hex = ''] = answer.split(' ');
  const mapped = /^0{20}ffff(.{8})$/.exec(hex);
  return family === '6' && mapped !== null ? `4 ${mapped[1] ?? ''}` : `${family} ${hex}`.trim();
}

function actual(text: string): string {
  const result = parseAddress(text);
  if (!result.ok) return '-';
  const { family, bytes } = result.value;
  return `${family === 'ipv4' ? '4' : '6'} ${Buffer.from(bytes).toString('hex')}`;
}

const octet = fc.oneof(
  { weight: 8, arbitrary: fc.nat(255).map(String) },
  fc.nat(999).map(String),
  fc.nat(255).map((value) => `0${value.toString(8)}`),
  fc.nat(255).map((value) => `0x${value.toString(16)}`),
  fc.constantFrom('', '00', '000', '+1', '-1', '1e1', '٣', '１', ' 1', '256', '4294967295'),
);
const ipv4 = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.')) },
  fc.ipV4(),
  fc.array(octet, { maxLength: 6 }).map((parts) => parts.join('.')),
);
const group = fc.oneof(
  { weight: 6, arbitrary: fc.nat(0xffff).map((value) => value.toString(16)) },
  { weight: 4, arbitrary: fc.constantFrom('0', '0000', '00', 'ffff', 'FFFF', '', '0', '0') },
  fc.constantFrom('10000', '00001', 'g', '-1', '0x1', 'ａ'),
);
const ipv6 = fc.oneof(
  fc.ipV6(),
  fc.array(group, { minLength: 1, maxLength: 10 }).map((groups) => groups.join(':')),
  fc
    .tuple(fc.array(group, { maxLength: 8 }), fc.array(group, { maxLength: 8 }))
    .map(([head, tail]) => `${head.join(':')}::${tail.join(':')}`),
  fc.tuple(fc.array(group, { maxLength: 7 }), ipv4).map(([head, end]) => [...head, end].join(':')),
  fc
    .tuple(fc.constantFrom('::', '::ffff:', '::0:', '1::', '64:ff9b::', '::FFFF:0:'), ipv4)
    .map(([head, end]) => head + end),
);
const mutated = fc
  .tuple(
    fc.oneof(ipv4, ipv6),
    fc.nat(45),
    fc.constantFrom(
      '',
      '.',
      ':',
      '0',
      '%eth0',
      '%',
      '\0',
      '\n',
      ' ',
      'x',
      '::',
      '\u00a0',
      '…',
      '[',
      '1',
    ),
    fc.nat(2),
  )
  .map(([text, at, piece, cut]) => text.slice(0, at) + piece + text.slice(at + cut));
const anyText = fc
  .oneof(ipv4, ipv6, mutated, fc.string({ maxLength: 20 }))
  // A slash is our own grammar, which inet_pton does not know.
  .filter((text) => !text.includes('/'));

suiteNeeding(['perl'], 'addresses, against inet_pton', () => {
  it('takes what inet_pton takes, reads the same bytes, and refuses everything else', () => {
    const texts = fc.sample(anyText, 20_000);
    const answers = askReference(texts);
    const accepted = answers.filter((answer) => answer !== '-').length;
    // Proves that the generator reaches both sides.
    expect(accepted).toBeGreaterThan(2_000);
    expect(accepted).toBeLessThan(18_000);
    const differences = texts.flatMap((text, index) => {
      const wanted = expected(answers[index] ?? 'no answer');
      return actual(text) === wanted ? [] : [{ text, wanted, got: actual(text) }];
    });
    expect(differences).toEqual([]);
  });

  it('spells IPv6 as inet_ntop does, but for IPv4 digits at the end', () => {
    const sparse = fc
      .array(fc.oneof(fc.constant(0), fc.constant(0), fc.nat(0xffff)), {
        minLength: 8,
        maxLength: 8,
      })
      .map((groups) => groups.map((value) => value.toString(16)).join(':'));
    const texts = fc.sample(sparse, 5_000);
    const differences = askReference(texts).flatMap((answer) => {
      const [, hex = '', spelling = ''] = answer.split(' ');
      const ours = formatIpv6(Buffer.from(hex, 'hex'));
      return spelling.includes('.') || spelling === ours ? [] : [{ spelling, ours }];
    });
    expect(differences).toEqual([]);
  });

  it('reads its own spelling back to the same address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (host, prefix) => {
        const once = parseAddress(`${host}/${String(prefix)}`);
        fc.pre(once.ok);
        expect(parseAddress(once.value.text)).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });
});
