import { defineOption } from './option.js';

export const utcOption = defineOption({
  name: 'utc',
  type: 'boolean',
  env: 'VALLUM_UTC',
  configKey: 'utc',
  default: false,
  description: 'Print and read times in UTC instead of local time',
  group: 'General',
});

/** Does what TZ=UTC does, which Node heeds at any time: all that the program says from here on is in UTC. */
export function useUtc(): void {
  process.env['TZ'] = 'UTC';
}
