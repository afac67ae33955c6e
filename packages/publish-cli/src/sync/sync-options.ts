import { defineOption, type OptionDefinition, type OptionTable } from '@vallum/options';
import { publishOptions } from '../options.js';

const group = 'What to keep in step';

/** Half of it is left when leases are renewed: a feed may be away for a day. */
const DEFAULT_TTL_SECONDS = 172_800;

/** Where systemd's `StateDirectory=vallum-pub` is. */
export const DEFAULT_STATE_DIR = '/var/lib/vallum-pub';

/** Of what `add` takes, what means nothing to `sync`: it gives every lease the same end. */
const NOT_FOR_SYNC: ReadonlySet<string> = new Set(['file', 'timeout', 'since', 'until']);

/** In a feed's file under the same name; anything else would stand for all feeds. */
const OF_A_FEED: ReadonlySet<string> = new Set([
  ...['file', 'url', 'checksum-url', 'column', 'ttl', 'state-dir'],
]);

const ownOptions = [
  defineOption({
    name: 'file',
    short: 'f',
    type: 'file',
    description: 'The list; - reads standard input',
    group,
    placeholder: 'LIST',
    conflicts: ['url', 'checksum-url'],
  }),
  defineOption({
    name: 'url',
    type: 'string',
    description: 'Where to fetch the list from, over HTTPS',
    group,
    placeholder: 'URL',
    conflicts: ['file'],
  }),
  defineOption({
    name: 'checksum-url',
    type: 'string',
    description: 'Where to fetch its SHA-256 or SHA-512 checksum from, in the format of sha256sum',
    group,
    placeholder: 'URL',
    conflicts: ['file'],
  }),
  defineOption({
    name: 'column',
    type: 'string',
    description:
      'The list is CSV, with the address in the column of this number or heading; FIRST,LAST for the two ends of a range',
    group,
    placeholder: 'COLUMN',
  }),
  defineOption({
    name: 'ttl',
    type: 'duration',
    default: DEFAULT_TTL_SECONDS,
    minimum: 60,
    maximum: 31_536_000,
    description:
      'How long bans last if sync stops running; they are renewed when half of this time is over',
    group,
    placeholder: 'TIME',
  }),
  defineOption({
    name: 'feed',
    type: 'string',
    description:
      'Also read /etc/vallum/feeds/NAME.yaml; NAME is the origin unless the file names another',
    group,
    placeholder: 'NAME',
  }),
  defineOption({
    name: 'state-dir',
    type: 'file',
    env: 'VALLUM_PUB_STATE_DIR',
    default: DEFAULT_STATE_DIR,
    description: 'Folder that keeps the last list',
    group,
    placeholder: 'FOLDER',
  }),
  defineOption({
    name: 'force',
    type: 'boolean',
    default: false,
    description:
      'Send the list even if it is empty, has shrunk by more than half, is mostly unusable or covers too much',
    group,
  }),
] as const;

/**
 * What `sync` takes. Its `--url` is where the list is, so the broker's is `--broker-url` here; in the
 * environment and in vallum-pub.yaml that keeps its name.
 */
export const syncOptions = [
  ...ownOptions,
  ...publishOptions.filter(({ name }) => !NOT_FOR_SYNC.has(name)).map(withBrokerUrl),
];

/** What the file of a feed may hold: there `url` is where the list is. */
export const feedOptions: OptionTable = syncOptions.map((option: OptionDefinition) => {
  const { name } = option;
  return OF_A_FEED.has(name) || name === 'broker-url' ? { ...option, configKey: name } : option;
});

type PublishOption = (typeof publishOptions)[number];

function withBrokerUrl(option: PublishOption): RenamedUrl<PublishOption> {
  const { name, conflicts = [] }: OptionDefinition = option;
  const renamed = { ...option, name: brokerUrl(name), conflicts: conflicts.map(brokerUrl) };
  // TypeScript does not follow the name through a function.
  return renamed as unknown as RenamedUrl<PublishOption>;
}

function brokerUrl(name: string): string {
  return name === 'url' ? 'broker-url' : name;
}

type RenamedUrl<Option extends PublishOption> = Option extends { readonly name: 'url' }
  ? Omit<Option, 'name'> & { readonly name: 'broker-url' }
  : Option;
