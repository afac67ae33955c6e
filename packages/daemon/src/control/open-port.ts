import type { Exposition } from './metrics/node-metrics.js';
import type { HttpSettings } from './http-settings.js';
import type { NodeView } from './node-view.js';

export interface Port {
  /** What has been counted since. */
  metrics(): Promise<Exposition>;
  close(): Promise<void>;
}

/**
 * Counts and answers HTTP where that is wanted; nothing of it is loaded where it is not.
 *
 * @param settings undefined: it is not
 * @throws VallumError `INVALID_ARGUMENT` for a file that cannot be used
 */
export async function openPort(
  view: NodeView,
  settings: HttpSettings | undefined,
  say: (level: 'info' | 'warning' | 'error', message: string) => void,
): Promise<Port | undefined> {
  if (settings === undefined) return undefined;
  const { countForMetrics } = await import('./metrics/node-metrics.js');
  const { openHttp } = await import('./open-http.js');
  const counting = await countForMetrics(view.vallum, () => view.report());
  const metrics = () => counting.read();
  const http = await openHttp({ view, settings, metrics, say });
  return {
    metrics,
    close() {
      counting.close();
      return http.close();
    },
  };
}
