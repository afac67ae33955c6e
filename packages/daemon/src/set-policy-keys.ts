import { ORIGIN_PARTS } from '@vallum/core';
import { defineOption } from '@vallum/options';

const group = 'Keys of a set';

/**
 * What `sets:` may say of a set: keys, values and reference are made from it, as flags are from the
 * table of options.
 */
export const setPolicyKeys = [
  defineOption({
    name: 'observe',
    type: 'boolean',
    description: 'Everything but the kernel: what would be banned is counted, logged and shown',
    group,
  }),
  defineOption({
    name: 'quorum',
    type: 'integer',
    description: 'Enforce a ban while so many different origins hold a live lease of it',
    group,
    placeholder: 'COUNT',
    minimum: 1,
    maximum: 64,
  }),
  defineOption({
    name: 'quorum-by',
    type: 'enum',
    choices: ORIGIN_PARTS,
    description:
      'Which part of their names has to differ: of web1.example.org.sshd the host is web1.example.org and the detector sshd; host unless given',
    group,
    placeholder: 'PART',
  }),
  defineOption({
    name: 'max-ban',
    type: 'duration',
    description: 'No lease counts for longer than this from when it was asked for',
    group,
    placeholder: 'TIME',
    minimum: 1,
  }),
  defineOption({
    name: 'min-ban',
    type: 'duration',
    description:
      'Each lease counts for at least this from when it was asked for, unless it is lifted before its own end',
    group,
    placeholder: 'TIME',
    minimum: 1,
  }),
  defineOption({
    name: 'escalate',
    type: 'string[]',
    description:
      'How long an address stays at least that is banned for the second, third and each further time within a month of its last end',
    group,
    placeholder: 'TIME',
  }),
  defineOption({
    name: 'widen',
    type: 'section',
    description:
      'A ban of an address becomes one of its network: prefix lengths under ipv4 and ipv6',
    group,
    placeholder: '{ipv4: LENGTH, ipv6: LENGTH}',
  }),
] as const;
