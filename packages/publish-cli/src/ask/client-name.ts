import { randomBytes } from 'node:crypto';
import type { MqttOptions } from '@vallum/core/mqtt';

/** What every broker takes as one level of a topic, the embedded one among them. */
const NAME = /^[\w.:-]{1,128}$/;

/**
 * What stands behind `vallumd/reply/` where nodes answer: the user name, since access rules can name it
 * (`topic read vallumd/reply/web1`), else a word that nobody else has.
 */
export function clientName({ username, url }: Pick<MqttOptions, 'username' | 'url'>): string {
  const user = username ?? userOf(url);
  return user !== undefined && NAME.test(user)
    ? user
    : `vallum-pub-${randomBytes(6).toString('hex')}`;
}

function userOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { username } = new URL(url);
  try {
    return decodeURIComponent(username);
  } catch {
    return undefined;
  }
}
