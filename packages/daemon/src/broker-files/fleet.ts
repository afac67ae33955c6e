import { isIP } from 'node:net';
import { parseBinding, type Binding } from '@vallum/core/protocol';
import { quote, type Values } from '@vallum/options';
import type { brokerFilesOptions } from './options.js';

/** A machine's account at the broker. */
export interface Account {
  readonly name: string;
  readonly isNode: boolean;
  readonly isPublisher: boolean;
  /** It may also change the fleet's protect list, which nodes alone may otherwise. */
  readonly isAdministrator: boolean;
}

/** What files are made for. */
export interface Fleet {
  /** The first is dialled. */
  readonly brokers: readonly [string, ...string[]];
  readonly port: number;
  readonly accounts: readonly Account[];
  readonly topics: readonly Binding[];
  readonly clientCertificates: boolean;
  readonly brokerFolder: string;
}

/** A topic's level, a file's name and a word in files of Mosquitto. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/;

/** @returns a sentence where files cannot be made of it */
export function readFleet(values: Values<typeof brokerFilesOptions>): Fleet | string {
  const [first, ...others] = split(values.broker);
  if (first === undefined) return 'no broker is named: --broker broker.example';
  const wrongHost = [first, ...others].find((name) => !HOST.test(name) && isIP(name) === 0);
  if (wrongHost !== undefined) return `the broker ${quote(wrongHost)} is no name and no address`;

  const [nodes, administrators] = [split(values.nodes), split(values.administrators)];
  const publishers = [...split(values.publishers), ...administrators];
  const names = [...new Set([...nodes, ...publishers])];
  if (names.length === 0) return 'no machine is named: --nodes fw1,fw2 --publishers web1';
  const wrongName = names.find((name) => !NAME.test(name));
  if (wrongName !== undefined) {
    return `the name ${quote(wrongName)}: 1 to 64 letters, digits or . _ -, and no . or - in front`;
  }
  const topics: Binding[] = [];
  const given = split(values.topics);
  for (const text of given.length === 0 ? ['blacklist'] : given) {
    const binding = parseBinding(text);
    if (!binding.ok) return `the topic ${quote(text)}: ${binding.detail}`;
    topics.push(binding.value);
  }
  if (!/^\/[\w./-]*$/.test(values['broker-folder'])) {
    return `--broker-folder is ${quote(values['broker-folder'])}: it must be a whole path`;
  }
  return {
    ...{ brokers: [first, ...others], port: values.port, topics },
    accounts: names.map((name) => ({
      ...{ name, isNode: nodes.includes(name), isPublisher: publishers.includes(name) },
      isAdministrator: administrators.includes(name),
    })),
    clientCertificates: values['client-certificates'],
    brokerFolder: values['broker-folder'],
  };
}

function split(texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((part) => part.trim())
    .filter(Boolean);
}
