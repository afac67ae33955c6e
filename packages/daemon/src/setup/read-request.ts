import { VallumError } from '@vallum/core';
import type { TableAddress } from '@vallum/core/backend';
import { parseBinding, type Binding } from '@vallum/core/protocol';
import { describePlace, quote, type LoadedOptions, type Values } from '@vallum/options';
import type { Asked, Tool } from './choose-tool.js';
import type { setupOptions } from './options.js';
import { readTableAddress, wantedSets, type Wanted } from './wanted.js';

type Loaded = LoadedOptions<typeof setupOptions>;

/** What `vallumd setup` is to do. */
export interface Request {
  readonly values: Values<typeof setupOptions>;
  readonly wanted: Wanted;
  readonly table: TableAddress;
  /** It is named on the command line: then no other is looked for. */
  readonly tableIsTyped: boolean;
  readonly asked: Asked;
  /** The configuration file that has no `backend` yet, where nothing else names one. */
  readonly fileWithoutBackend: string | undefined;
}

const TOOLS: Readonly<Record<string, Tool>> = {
  ipset: 'iptables',
  'ipset-process': 'iptables',
  nftables: 'nftables',
  'nftables-process': 'nftables',
};

/** @returns a sentence where it cannot be used */
export function readRequest({ values, places, configPath }: Loaded): Request | string {
  const topics: Binding[] = [];
  for (const text of values.topic) {
    const binding = parseBinding(text);
    if (!binding.ok) return `the topic ${quote(text)}: ${binding.detail}`;
    topics.push(binding.value);
  }
  // Removal goes by the marks on the rules, whatever the configuration says by now.
  if (topics.length === 0 && !values.remove) return 'no topic is given: -t TOPIC[=SET]';
  if (values.keeper && !values.remove) {
    return `${describePlace(places.keeper)}: a keeper only remembers bans, and needs no sets and rules`;
  }
  const type = values['create-type'];
  if (type === 'bitmap:ip') return 'bitmap:ip sets hold one network only: make them by hand';
  const isGiven = places.backend.source !== 'default';
  const tool = TOOLS[values.backend];
  if (tool === undefined && values.rules === undefined && !values.remove) {
    return `${describePlace(places.backend)} is ${values.backend}, which fills no sets of the kernel: rules would look them up in vain`;
  }
  let table: TableAddress;
  try {
    table = readTableAddress(values['nft-family'], values['nft-table']);
  } catch (error) {
    if (error instanceof VallumError) return error.message;
    throw error;
  }
  return {
    values,
    wanted: {
      sets: wantedSets(topics, {
        type,
        timeoutSeconds: values['create-timeout'],
        maxEntries: values['create-maxelem'],
      }),
      hooks: values.forward ? ['input', 'forward'] : ['input'],
      allowEstablished: values['allow-established'],
    },
    table,
    tableIsTyped: [places['nft-family'], places['nft-table']].some(
      ({ source }) => source === 'option',
    ),
    asked: {
      rules: values.rules,
      backend:
        isGiven && tool !== undefined
          ? { tool, place: `${describePlace(places.backend)} (${values.backend})` }
          : undefined,
    },
    fileWithoutBackend: isGiven ? undefined : configPath,
  };
}
