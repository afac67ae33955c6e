import { defineOption } from '@vallum/options';

const group = 'Files for a broker';

export const brokerFilesOptions = [
  defineOption({
    name: 'broker',
    type: 'string[]',
    default: [],
    description:
      "The broker's name, as nodes and publishers dial it; further names and addresses go into its certificate too",
    group,
    placeholder: 'NAME[,NAME…]',
  }),
  defineOption({
    name: 'port',
    type: 'integer',
    default: 8883,
    description: 'Port that the broker listens on',
    group,
    placeholder: 'PORT',
    minimum: 1,
    maximum: 65_535,
  }),
  defineOption({
    name: 'nodes',
    type: 'string[]',
    default: [],
    description: 'Machines that run vallumd',
    group,
    placeholder: 'NAME[,NAME…]',
  }),
  defineOption({
    name: 'publishers',
    type: 'string[]',
    default: [],
    description: 'Machines that run vallum-pub; one that runs both stands in both lists',
    group,
    placeholder: 'NAME[,NAME…]',
  }),
  defineOption({
    name: 'topics',
    short: 't',
    type: 'string[]',
    default: [],
    description: 'Topics that they share, as vallumd takes them; blacklist unless given',
    group,
    placeholder: 'TOPIC[=SET][,…]',
  }),
  defineOption({
    name: 'client-certificates',
    type: 'boolean',
    default: false,
    description: 'A certificate for each machine too, without which the broker lets nobody in',
    group,
  }),
  defineOption({
    name: 'broker-folder',
    type: 'string',
    default: '/etc/mosquitto/vallum',
    description: 'Where the files will be on the broker',
    group,
    placeholder: 'FOLDER',
  }),
  defineOption({
    name: 'output',
    short: 'o',
    type: 'file',
    description: 'Folder for all of it; what is there already stays, and what is missing is added',
    group,
    placeholder: 'FOLDER',
  }),
  defineOption({
    name: 'help',
    type: 'boolean',
    description: 'Print this help and exit',
    group: 'General',
  }),
] as const;
