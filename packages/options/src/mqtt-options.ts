import { accessSync, constants } from 'node:fs';
// Types only: whoever passes the result on to `createMqttTransport` loads it anyway.
import type { MqttOptions } from '@vallum/core/mqtt';
import { type connectionOptions } from './connection-options.js';
import type { Values } from './option.js';
import { readPasswordFile } from './password-file.js';
import { describePlace, type Place } from './place.js';
import { quote } from './quote.js';
import { failure, success, type Result } from './result.js';
import { errorCode, whyUnreadable } from './why-unreadable.js';

export type ConnectionValues = Values<typeof connectionOptions>;

type Places = Readonly<Partial<Record<keyof ConnectionValues, Place>>>;

const FILES = ['ca-file', 'cert-file', 'key-file', 'password-file'] as const;

/**
 * Makes of the connection options what `createMqttTransport` takes. What it says about them stands
 * there; here the files are tried, so that a wrong path is said at the start and with its place.
 */
export function toMqttOptions(
  values: ConnectionValues,
  places: Places = {},
): Result<MqttOptions, 'unreadable-file'> {
  for (const name of FILES) {
    const path = values[name];
    if (path === undefined) continue;
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      const place = places[name];
      return failure(
        'unreadable-file',
        `the file ${quote(path)} (${place ? describePlace(place) : name}) ${whyUnreadable(errorCode(error))}`,
      );
    }
  }
  const passwordFile = values['password-file'];
  return success({
    keepaliveSeconds: values.keepalive,
    ...given('url', values.url),
    ...given('host', values.host),
    ...given(
      'port',
      values.port ?? (values.url === undefined ? usualPort(values, places) : undefined),
    ),
    ...given('username', values.username),
    ...given(
      'password',
      passwordFile === undefined ? values.password : () => readPasswordFile(passwordFile),
    ),
    ...given('tls', values.tls),
    ...given('caFile', values['ca-file']),
    ...given('certFile', values['cert-file']),
    ...given('keyFile', values['key-file']),
    ...given('clientId', values['client-id']),
  });
}

const TLS_OPTIONS = ['tls', 'ca-file', 'cert-file', 'key-file'] as const;

/** The ancestor's command line, `-T` or `-c FILE` without `-p`, stays at 1883. */
function usualPort(values: ConnectionValues, places: Places): number {
  if (values.tls === false) return 1883;
  const given = TLS_OPTIONS.filter((name) => values[name] !== undefined);
  const typed = given.some((name) => places[name]?.source === 'option');
  return given.length > 0 && !typed ? 8883 : 1883;
}

/** A property that is there only where it has a value. */
function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<Name, Value>>;
}
