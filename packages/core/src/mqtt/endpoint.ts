import { isIP } from 'node:net';
import { VallumError } from '../words/errors.js';
import type { MqttOptions } from './mqtt-options.js';
import { quote } from './quote.js';

/** Where the broker is. */
export interface Endpoint {
  readonly webSocket: boolean;
  readonly tls: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Of a WebSocket: `/mqtt?x=1`. */
  readonly path: string;
  readonly username?: string;
  readonly password?: string;
  /** `mqtts://broker.example:8883`: for messages, without user name and password. */
  readonly display: string;
}

const SCHEMES = {
  'mqtt:': { tls: false, webSocket: false, port: 1883 },
  'mqtts:': { tls: true, webSocket: false, port: 8883 },
  'ws:': { tls: false, webSocket: true, port: 80 },
  'wss:': { tls: true, webSocket: true, port: 443 },
} as const;
type Scheme = keyof typeof SCHEMES;

/** @throws VallumError `INVALID_ARGUMENT` */
export function parseEndpoint(options: MqttOptions): Endpoint {
  if (options.url !== undefined) {
    if (options.host !== undefined || options.port !== undefined) {
      throw invalid('the broker is given twice, as a URL and as host or port: keep one of them');
    }
    return fromUrl(options.url, options);
  }
  if (options.host === undefined) throw invalid('no broker is given: name its host or its URL');
  return fromHost(options.host, options);
}

function fromUrl(text: string, options: MqttOptions): Endpoint {
  // The text itself may hold a password, so no message repeats it.
  let url: URL;
  let username: string;
  let password: string;
  try {
    url = new URL(text);
    username = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    throw invalid('the broker URL cannot be read: write it like mqtts://broker.example:8883');
  }
  if (!isScheme(url.protocol)) {
    throw invalid(
      `the broker URL begins with ${quote(url.protocol)}: it must be mqtt:, mqtts:, ws: or wss:`,
    );
  }
  const scheme = SCHEMES[url.protocol];
  if (!scheme.tls && wantsTls(options)) {
    throw invalid(
      `TLS is asked for, but the URL says ${url.protocol}// which has none: ` +
        `write ${scheme.webSocket ? 'wss' : 'mqtts'}://`,
    );
  }
  if (scheme.tls && options.tls === false) {
    throw invalid(`TLS is switched off, but the URL says ${url.protocol}//: take one of them back`);
  }
  if (!scheme.webSocket && url.pathname.length > 1) {
    throw invalid(
      `the broker URL has the path ${quote(url.pathname)}: only ws:// and wss:// have one`,
    );
  }
  const host = checkHost(url.hostname);
  const port = url.port === '' ? scheme.port : checkPort(Number(url.port));
  const path = scheme.webSocket ? `${url.pathname || '/'}${url.search}` : '';
  return {
    webSocket: scheme.webSocket,
    tls: scheme.tls,
    host,
    port,
    path,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    display: display(url.protocol, host, port) + (scheme.webSocket ? url.pathname : ''),
  };
}

function fromHost(text: string, options: MqttOptions): Endpoint {
  const host = checkHost(text);
  if (options.tls === false && wantsTls({ ...options, tls: undefined })) {
    throw invalid('a CA, certificate or key file is given, but TLS is switched off: switch it on');
  }
  const tls = wantsTls(options);
  const port = checkPort(options.port ?? SCHEMES[tls ? 'mqtts:' : 'mqtt:'].port);
  const scheme = tls ? 'mqtts:' : 'mqtt:';
  return { webSocket: false, tls, host, port, path: '', display: display(scheme, host, port) };
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(SCHEMES, text);
}

type TlsWishes = {
  readonly [Name in 'tls' | 'ca' | 'caFile' | 'certFile' | 'keyFile']?:
    MqttOptions[Name] | undefined;
};

function wantsTls(options: TlsWishes): boolean {
  const { tls, ca, caFile, certFile, keyFile } = options;
  return tls ?? [ca, caFile, certFile, keyFile].some((given) => given !== undefined);
}

function checkHost(text: string): string {
  const bracketed = /^\[(.*)\]$/s.exec(text)?.[1];
  const host = bracketed ?? text;
  // Zone ids (fe80::1%eth0) are part of a connectable address.
  const good =
    bracketed === undefined
      ? // The name first: isIP spends 5 ms on the regular expression for IPv6 (Node up to 22).
        /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(host) || isIP(host) !== 0
      : isIP(host) === 6;
  if (!good) {
    throw invalid(
      `the broker host ${quote(text)} is no host name and no IP address: ` +
        'give the name alone, the port and the scheme have options of their own',
    );
  }
  return host;
}

function checkPort(port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw invalid(`the broker port ${quote(String(port))} is not a number from 1 to 65535`);
  }
  return port;
}

function display(scheme: string, host: string, port: number): string {
  return `${scheme}//${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function invalid(message: string): VallumError {
  return new VallumError(message, { code: 'INVALID_ARGUMENT', operation: 'mqtt options' });
}
