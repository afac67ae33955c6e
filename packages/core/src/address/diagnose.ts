import { failure, type Failure } from '../words/result.js';

/** Why a text is no address. */
export type AddressFault =
  | 'empty'
  | 'too-long'
  /** NUL, line breaks, escapes: nobody types these by accident. */
  | 'control-character'
  | 'white-space'
  /** Digits of other scripts and characters that look like ASCII. */
  | 'not-ascii'
  | 'zone-id'
  | 'bad-prefix-length'
  | 'leading-zero'
  /** `10.1` or `3232235777`, which inet_aton fills up. */
  | 'short-form'
  /** `0x7f.0.0.1`. */
  | 'not-decimal'
  | 'host-name'
  | 'range'
  /** `192.0.2.7:22`, `[2001:db8::7]`. */
  | 'port'
  | 'not-an-address';

/**
 * Says what is wrong with a text that is no address, and what to do.
 *
 * @param text as it came, at most 49 characters
 * @param host the part before the slash
 */
export function diagnoseAddress(text: string, host: string): Failure<AddressFault> {
  return diagnoseCharacters(text) ?? diagnoseForm(host);
}

function diagnoseCharacters(text: string): Failure<AddressFault> | undefined {
  if (text === '') return failure('empty', 'the address is missing');
  if (text.includes('\0')) {
    return failure(
      'control-character',
      "the address holds a NUL byte: send the text without C's terminating NUL",
    );
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    return failure('control-character', 'the address holds a control character');
  }
  if (text.includes(' ')) return failure('white-space', 'an address holds no white space');
  if (!/^[!-~]+$/.test(text)) {
    return failure(
      'not-ascii',
      'the address holds a character that is not ASCII: type it with plain digits, letters, . and :',
    );
  }
  if (text.includes('%')) {
    return failure(
      'zone-id',
      `${text} has a zone id (%…), which means nothing on another machine: leave it out`,
    );
  }
  return undefined;
}

// From here on every character is printable ASCII, so the text itself may be shown.
function diagnoseForm(host: string): Failure<AddressFault> {
  if (/^\d+\.[\d.]*:\d+$/.test(host) || host.startsWith('[')) {
    return failure('port', `${host} has a port or brackets: give the address alone`);
  }
  const ipv4Part = host.slice(host.lastIndexOf(':') + 1);
  if (/^[\d.]+$/.test(ipv4Part) && (ipv4Part === host || ipv4Part.includes('.'))) {
    return diagnoseIpv4(host, ipv4Part);
  }
  if (/(?:^|[.:])0x/i.test(host)) {
    return failure(
      'not-decimal',
      `${host} is hexadecimal, which some programs read as an address: write four decimal numbers`,
    );
  }
  if (/^[\d.]+-[\d.]+$/.test(host)) {
    return failure('range', `${host} is a range: give it as prefixes such as 192.0.2.0/24`);
  }
  if (/^[\w.-]+$/.test(host) && /[a-z]/i.test(host)) {
    return failure(
      'host-name',
      `${host} is a name, and names are never looked up: give the address itself`,
    );
  }
  return failure('not-an-address', `${host} is no IPv4 or IPv6 address`);
}

function diagnoseIpv4(host: string, ipv4: string): Failure<AddressFault> {
  const octets = ipv4.split('.');
  if (octets.some((octet) => /^0\d/.test(octet))) {
    return failure(
      'leading-zero',
      `${host} has a leading zero, which some programs read as octal: leave it out`,
    );
  }
  if (octets.length < 4 && !octets.includes('')) {
    return failure(
      'short-form',
      `${host} has ${String(octets.length)} of the four numbers, and programs differ in where they ` +
        'put the rest: write all four',
    );
  }
  if (octets.some((octet) => Number(octet) > 255)) {
    return failure('not-an-address', `${host} has a number above 255`);
  }
  return failure('not-an-address', `${host} is no IPv4 or IPv6 address`);
}

export function diagnosePrefixLength(
  text: string,
  prefix: string,
  width: 32 | 128,
): Failure<AddressFault> {
  const refused = diagnoseCharacters(text);
  if (refused !== undefined) return refused;
  if (/^[\d.]+\.[\d.]+$/.test(prefix)) {
    return failure('bad-prefix-length', `${text} has a netmask: write its length, such as /24`);
  }
  if (/^0\d+$/.test(prefix)) {
    return failure('bad-prefix-length', `${text} has a prefix length with a leading zero`);
  }
  return failure(
    'bad-prefix-length',
    `${text} has no valid prefix length: it is a number from 0 to ${String(width)}`,
  );
}
