import { DEFAULT_MIN_PREFIX } from '@vallum/core';
import { defineOption } from '@vallum/options';

/** What may be banned. */
export const policyOptions = [
  defineOption({
    name: 'protect',
    type: 'string[]',
    env: 'VALLUM_PROTECT',
    configKey: 'protect',
    default: [],
    description:
      'Address or prefix that must never be banned; those given as options, in the environment and in the file are combined',
    group: 'Policy',
    placeholder: 'ADDRESS',
    accumulates: true,
  }),
  defineOption({
    name: 'protect-host',
    type: 'boolean',
    env: 'VALLUM_PROTECT_HOST',
    configKey: 'protect-host',
    default: true,
    description:
      "Protect this host's addresses, gateways and name servers; loopback and the broker are always protected",
    group: 'Policy',
  }),
  defineOption({
    name: 'protect-fleet',
    type: 'boolean',
    env: 'VALLUM_PROTECT_FLEET',
    configKey: 'protect-fleet',
    default: true,
    description:
      "Keep the fleet's protect list, and ban nothing that it protects; the broker must allow vallum/protect/#",
    group: 'Policy',
  }),
  defineOption({
    name: 'announce',
    type: 'boolean',
    env: 'VALLUM_ANNOUNCE',
    configKey: 'announce',
    default: true,
    description:
      "Put this host's own global addresses into the fleet's protect list, so that no other node bans them",
    group: 'Policy',
  }),
  defineOption({
    name: 'min-prefix',
    type: 'integer',
    env: 'VALLUM_MIN_PREFIX',
    configKey: 'min-prefix',
    default: DEFAULT_MIN_PREFIX.ipv4,
    description: 'Shortest IPv4 prefix that may be banned',
    group: 'Policy',
    placeholder: 'LENGTH',
    maximum: 32,
  }),
  defineOption({
    name: 'min-prefix6',
    type: 'integer',
    env: 'VALLUM_MIN_PREFIX6',
    configKey: 'min-prefix6',
    default: DEFAULT_MIN_PREFIX.ipv6,
    description: 'Shortest IPv6 prefix that may be banned',
    group: 'Policy',
    placeholder: 'LENGTH',
    maximum: 128,
  }),
  defineOption({
    name: 'max-cover',
    type: 'share',
    env: 'VALLUM_MAX_COVER',
    configKey: 'max-cover',
    default: 0.25,
    description:
      'Share of an address family that the bans of one set may cover; bans beyond it wait until others end; 1 is no limit',
    group: 'Policy',
    placeholder: 'SHARE',
  }),
] as const;
