import { visible } from './words.js';

/** Text that somebody else has written: shown as it is, and without power over what is around it. */
export function Foreign({ text }: { readonly text: string }) {
  return <bdi>{visible(text)}</bdi>;
}

/** An address, which leads to all that is known of it. */
export function AddressLink({ address }: { readonly address: string }) {
  return (
    <a class="address" href={whyHash(address)}>
      {visible(address)}
    </a>
  );
}

const PREFIX = '#why/';

export function whyHash(address: string): string {
  return PREFIX + encodeURIComponent(address);
}

/** The address that the place in the browser's bar asks about. */
export function addressInHash(hash: string): string | undefined {
  if (!hash.startsWith(PREFIX)) return undefined;
  try {
    return decodeURIComponent(hash.slice(PREFIX.length));
  } catch {
    return undefined;
  }
}
