/** A file of the page, as it is sent. */
export interface PageAsset {
  /** `text/html; charset=utf-8` */
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

const INDEX = `vallumd

/metrics           for Prometheus
/healthz           whether bans are enforced: 200, or 503 with the reasons
/readyz            whether new ones arrive as well
/api/status        as vallumd status --json
/api/leases        as vallumd list
/api/why?address=  as vallumd why
/api/top           as vallumd top
/api/fleet         as vallumd fleet
/api/events        as vallumd watch: server-sent events
/api/openapi.json  all of it
`;

/** What stands at a path outside of `/api/`; undefined: nothing. */
export function findAsset(path: string): PageAsset | undefined {
  return path === '/' ? { type: 'text/plain; charset=utf-8', body: INDEX } : undefined;
}
