import type { Vallum } from '@vallum/core';
import type { NodeReport } from '../node-report.js';
import { EntryCounts } from './entry-counts.js';
import { describeNode, type Series } from './node-series.js';

/** What Prometheus reads. */
export interface Exposition {
  /** `text/plain; version=0.0.4; charset=utf-8` */
  readonly type: string;
  readonly text: string;
}

/** From a broker beside the node, to a node that was away. */
const LAG_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];

export interface NodeMetrics {
  read(): Promise<Exposition>;
  close(): void;
}

/**
 * Counts from now on, and tells it in Prometheus' words. Loads prom-client, so that only who asks for HTTP
 * pays for it.
 */
export async function countForMetrics(
  vallum: Pick<Vallum, 'on'>,
  report: () => NodeReport,
): Promise<NodeMetrics> {
  const { Registry, Gauge, Counter, Histogram, collectDefaultMetrics } =
    await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const lag = new Histogram({
    name: 'vallum_ban_lag_seconds',
    help: "From the publisher's stamp to the kernel set, of bans that are stamped; once for a message of more than 100 entries",
    buckets: LAG_SECONDS,
    registers: [registry],
  });
  const counts = new EntryCounts((seconds) => {
    lag.observe(seconds);
  });
  const forget = [
    vallum.on('report', (one) => {
      counts.report(one);
    }),
    vallum.on('summary', (one) => {
      counts.summary(one);
    }),
  ];
  const made = new Map<string, InstanceType<typeof Gauge> | InstanceType<typeof Counter>>();
  const show = ({ name, help, kind, labels, values }: Series) => {
    let metric = made.get(name);
    if (values.length === 0 && labels.length === 0) {
      // It would be shown as 0.
      registry.removeSingleMetric(name);
      made.delete(name);
      return;
    }
    if (metric === undefined) {
      if (values.length === 0) return;
      const options = { name, help, labelNames: [...labels], registers: [registry] };
      metric = kind === 'counter' ? new Counter(options) : new Gauge(options);
      made.set(name, metric);
    }
    metric.reset();
    for (const [given, value] of values) metric.inc({ ...given }, value);
  };
  return {
    async read() {
      for (const series of describeNode(report(), counts)) show(series);
      return { type: registry.contentType, text: await registry.metrics() };
    },
    close() {
      for (const end of forget) end();
    },
  };
}
