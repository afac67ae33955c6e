import type { Transport } from '@vallum/core';

/** A connection that was never made needs no farewell. */
const FAREWELL_MS = 500;

/** Closes it, and waits for that for a moment. */
export async function closeSoon(transport: Pick<Transport, 'close'>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FAREWELL_MS);
  });
  await Promise.race([transport.close().catch(() => undefined), time]);
  clearTimeout(timer);
}
