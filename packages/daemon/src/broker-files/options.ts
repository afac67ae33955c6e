import { defineOption } from '@vallum/options';

const group = 'Files for a broker';

export const brokerFilesOptions = [
  defineOption({
    name: 'broker',
    type: 'string[]',
    default: [],
    description:
      "The broker's name, as nodes and publishers connect to it; more names and addresses are added to its certificate",
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
    description: 'Machines that run vallum-pub; name a machine that runs both in both lists',
    group,
    placeholder: 'NAME[,NAME…]',
  }),
  defineOption({
    name: 'administrators',
    type: 'string[]',
    default: [],
    description:
      "Names that do what publishers do, and may also change the fleet's protect list (vallum-pub protect)",
    group,
    placeholder: 'NAME[,NAME…]',
  }),
  defineOption({
    name: 'topics',
    short: 't',
    type: 'string[]',
    default: [],
    description: 'Topics that they share, in the form that vallumd takes; by default blacklist',
    group,
    placeholder: 'TOPIC[=SET][,…]',
  }),
  defineOption({
    name: 'client-certificates',
    type: 'boolean',
    default: false,
    description:
      'Also make a certificate for each machine, without which the broker lets nobody in',
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
    description: 'Folder for all these files; existing files stay, missing ones are added',
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
