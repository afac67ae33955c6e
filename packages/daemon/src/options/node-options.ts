import { defineOption } from '@vallum/options';

/** What the node is called, and whom it answers. */
export const nodeOptions = [
  defineOption({
    name: 'node',
    type: 'string',
    env: 'VALLUM_NODE',
    configKey: 'node',
    description: "This firewall's name, unique at the broker; by default the host name",
    group: 'General',
    placeholder: 'NAME',
  }),
  defineOption({
    name: 'status',
    type: 'boolean',
    env: 'VALLUM_STATUS',
    configKey: 'status',
    default: true,
    description: 'Publish the status on vallumd/NODE; the broker must allow this',
    group: 'General',
  }),
  defineOption({
    name: 'repair',
    type: 'boolean',
    env: 'VALLUM_REPAIR',
    configKey: 'repair',
    default: true,
    description:
      'Compare bans with the other nodes and make up for missed ones; the broker must allow TOPIC/sync and vallumd/+/sync',
    group: 'General',
  }),
  defineOption({
    name: 'control',
    type: 'string',
    env: 'VALLUM_CONTROL',
    configKey: 'control',
    description:
      'Socket on which vallumd answers commands such as status, for root and the group vallum; by default /run/vallum/control.sock, or control.sock in the folder that --state-dir names. Empty for none',
    group: 'General',
    placeholder: 'SOCKET',
    mayBeEmpty: true,
  }),
] as const;
