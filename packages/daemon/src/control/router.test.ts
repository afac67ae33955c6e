import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { guard } from './guard.js';
import { faultsOf } from './matches-schema.fixture.js';
import { countForMetrics } from './metrics/node-metrics.js';
import type { NodeReport } from './node-report.js';
import { OPENAPI } from './openapi.js';
import { SCHEMAS, ref } from './openapi-schemas.js';
import { createRouter, type RouterOptions } from './router.js';
import { serveNode, type ServedNode } from './served-node.fixture.js';

let node: ServedNode;
beforeEach(async () => {
  node = await serveNode();
});
afterEach(() => node.close());

const ask = (path: string, options: RouterOptions = { mayAct: true }) =>
  createRouter(node.view, options).request(path);
const json = async (path: string): Promise<unknown> => (await ask(path)).json();

/** Whether the description has an answer of this status to a question. */
const isDescribed = (path: string, status: number, method: 'get' | 'post' = 'get') => {
  const { pathname } = new URL(path, 'http://localhost');
  const paths: Readonly<Record<string, object>> = OPENAPI.paths;
  const { responses } = (paths[pathname] as Record<string, { responses: object }>)[method]!;
  return status.toString() in responses;
};

describe('what is answered', () => {
  beforeEach(async () => {
    await node.ban(['203.0.113.7', '203.0.113.8', '192.0.2.0/24'], {
      ...{ set: 'blacklist', timeoutSeconds: 600, reason: 'port scan' },
    });
    await node.ban('198.51.100.1', { set: 'blacklist' });
    await node.ban(['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5'], {
      ...{ set: 'small' },
    });
    await node.vallum.unban('203.0.113.8', { set: 'blacklist' });
    node.findings.push({
      ...{ level: 'warning', check: 'room', subject: 'small', message: 'is full', remedy: 'more' },
    });
  });

  it.each<[string, string]>([
    ['/api/status', 'Status'],
    ['/api/alive', 'Alive'],
    ['/api/leases', 'Leases'],
    ['/api/leases?all=true&sort=since&limit=3', 'Leases'],
    ['/api/why?address=203.0.113.7', 'Why'],
    ['/api/why?address=192.0.2.0/23', 'Why'],
    ['/api/why?address=198.51.100.1', 'Why'],
    ['/api/why?address=192.0.2.5&set=small', 'Why'],
    ['/api/top', 'Top'],
    ['/api/top?by=network', 'Top'],
    ['/api/fleet', 'Fleet'],
    ['/healthz', 'Health'],
    ['/readyz', 'Health'],
    ['/api/nothing', 'Error'],
    ['/api/why?address=example.org', 'Error'],
    ['/api/leases?sort=colour', 'Error'],
    ['/api/leases?set=none', 'Error'],
    ['/api/leases?set=none&format=jsonl', 'Error'],
    ['/api/leases?within=x&format=jsonl', 'Error'],
    ['/api/leases?since=yesterday', 'Error'],
    ['/api/leases?limit=-1', 'Error'],
    ['/api/leases?limit=10001', 'Error'],
    ['/api/top?by=colour', 'Error'],
    ['/api/top?limit=1000', 'Top'],
    ['/api/top?limit=0', 'Error'],
    ['/api/top?limit=1001', 'Error'],
    ['/api/why', 'Error'],
  ])('%s is what its description says', async (path, schema) => {
    const response = await ask(path);
    expect(faultsOf(await response.json(), ref(schema))).toEqual([]);
    if (schema === 'Error') expect([400, 404]).toContain(response.status);
    if (path !== '/api/nothing') expect(isDescribed(path, response.status)).toBe(true);
  });

  it('fills every page from all sets, and passes over what came before', async () => {
    const found: string[] = [];
    for (let offset = 0; ; offset += 2) {
      const path = `/api/leases?sort=address&limit=2&offset=${offset.toString()}`;
      const { leases, more } = (await json(path)) as {
        leases: { set: string; address: string }[];
        more: boolean;
      };
      found.push(...leases.map(({ set, address }) => `${set} ${address}`));
      if (!more) break;
    }
    expect(found).toEqual([
      'blacklist 192.0.2.0/24',
      ...['small 192.0.2.1', 'small 192.0.2.2', 'small 192.0.2.3', 'small 192.0.2.4'],
      ...['small 192.0.2.5', 'blacklist 198.51.100.1', 'blacklist 203.0.113.7'],
    ]);
  });

  it('has a line for each lease where lines are asked for', async () => {
    const response = await ask('/api/leases?format=jsonl&set=small&limit=3');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(faultsOf(JSON.parse(line), ref('Lease'))).toEqual([]);
  });

  it('tells what protects, what is full, and who agrees', async () => {
    expect(await json('/api/why?address=198.51.100.1')).toMatchObject({
      blocked: false,
      protected: { address: '198.51.100.1' },
      standings: [{ enforcement: { state: 'refused', code: 'protected' } }],
    });
    expect(await json('/api/why?address=192.0.2.5&set=small')).toMatchObject({
      standings: [{ enforcement: { state: 'pending', detail: 'set small is full' } }],
    });
    expect(await json('/api/fleet')).toMatchObject({
      nodes: [{ node: 'fw1', sets: [{ set: 'blacklist', agrees: true }, { set: 'small' }] }],
    });
    expect(await json('/api/status')).toMatchObject({
      attention: [
        { level: 'critical', message: 'set small is full: 1 ban waits for room', remedy: 'more' },
      ],
    });
  });

  it('fails the health of a node whose set is full, with the reason', async () => {
    const response = await ask('/healthz');
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: 'failing', reasons: ['set small is full: 1 ban waits for room'] },
    ]);
  });

  it('compares, over the socket alone, and tells what each set came to', async () => {
    const reconcile = (mayAct: boolean) =>
      createRouter(node.view, { mayAct }).request('/api/reconcile', { method: 'POST' });
    const inOrder = { added: 0, deleted: 0, failed: 0, pending: 0, waiting: 0 };
    const first = await (await reconcile(true)).json();
    expect(first).toEqual({
      node: 'fw1',
      sets: [
        { ...inOrder, set: 'blacklist' },
        { ...inOrder, set: 'small', pending: 1, waiting: 1 },
      ],
    });
    expect(faultsOf(first, ref('Reconciled'))).toEqual([]);

    node.backend.flush('blacklist');
    node.backend.destroySet('small');
    const second = await (await reconcile(true)).json();
    expect(second).toEqual({
      node: 'fw1',
      sets: [
        { ...inOrder, set: 'blacklist', added: 2 },
        {
          ...{ ...inOrder, set: 'small', pending: 5, waiting: expect.any(Number) as unknown },
          uncompared: expect.stringMatching(/^set small (is missing|does not exist)/) as unknown,
        },
      ],
    });
    expect(faultsOf(second, ref('Reconciled'))).toEqual([]);
    expect((await reconcile(false)).status).toBe(404);
  });

  it('is told of a set that could not be compared, among the sets and what needs a hand', async () => {
    node.backend.members = () => Promise.reject(new TypeError('no listing'));
    await node.vallum.reconcile();
    const report = (await (await ask('/api/status')).json()) as NodeReport;
    expect(faultsOf(report, ref('Status'))).toEqual([]);
    expect(report.sets[0]).toMatchObject({ set: 'blacklist', uncompared: 'no listing' });
    expect(report.attention).toContainEqual({
      ...{ level: 'warning', message: expect.stringMatching(/^set blacklist .*: no listing$/) },
      remedy: 'vallumd reconcile tries again now, and says what came of it',
    });
  });
});

it('is healthy, and ready while the broker is there', async () => {
  expect(await json('/healthz')).toEqual({ status: 'ok', reasons: [] });
  expect(await json('/readyz')).toEqual({ status: 'ok', reasons: [] });
});

it('asks the fleet once for whoever asks over the socket and the port at the same time', async () => {
  const [socket, port] = await Promise.all([
    ask('/api/fleet', { mayAct: true }),
    ask('/api/fleet', { mayAct: false }),
  ]);
  expect(await socket.json()).toEqual(await port.json());
  expect(node.statusesRead()).toBe(1);
});

it('describes every path that is answered, and is kept in docs', async () => {
  const { routes } = createRouter(node.view, {
    mayAct: true,
    metrics: () => Promise.resolve({ type: 'text/plain', text: '' }),
  });
  // The page is no part of it.
  const paths = routes.map(({ path }) => path).filter((path) => !/^\/(page\/|$)/.test(path));
  expect([...new Set(paths)].sort()).toEqual(Object.keys(OPENAPI.paths).sort());
  expect(await json('/api/openapi.json')).toEqual(OPENAPI);
  const kept = readFileSync('../../docs/reference/openapi.json', 'utf8');
  expect(JSON.parse(kept)).toEqual(OPENAPI);
  const used = JSON.stringify(OPENAPI);
  for (const name of Object.keys(SCHEMAS)) {
    expect(used).toContain(`"$ref":"#/components/schemas/${name}"`);
  }
});

describe('events', () => {
  const read = async (response: Response, count: number) => {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (text.split('\n\n').length <= count) {
      const { value, done } = await reader.read();
      if (done) break;
      text += new TextDecoder().decode(value);
    }
    await reader.cancel();
    return text.trimEnd().split('\n\n');
  };

  it('come as they happen, and from where a watcher was', async () => {
    await node.ban('203.0.113.1', { set: 'blacklist' });
    const router = createRouter(node.view, { mayAct: false });
    const live = router.request('/api/events?recent=1');
    await node.ban('203.0.113.2', { set: 'blacklist' });
    const [first = '', second = ''] = await read(await live, 2);
    expect(first).toMatch(/^id: 1\nevent: banned\ndata: \{.*203\.0\.113\.1/);
    expect(second).toMatch(/^id: 2\nevent: banned\ndata: \{.*203\.0\.113\.2/);
    for (const event of [first, second]) {
      const data = event.slice(event.indexOf('data: ') + 6);
      expect(faultsOf(JSON.parse(data), ref('Event'))).toEqual([]);
    }
    const since = async (id: string) =>
      read(await router.request('/api/events', { headers: { 'last-event-id': id } }), 1);
    expect(await since('1')).toEqual([second]);
    // Of a vallumd that ran before.
    expect(await since('5000')).toEqual([first, second]);
  });

  it('are for so many at a time', async () => {
    const router = createRouter(node.view, { mayAct: false, mostStreams: 2 });
    const open = await Promise.all([router.request('/api/events'), router.request('/api/events')]);
    expect((await router.request('/api/events')).status).toBe(503);
    await open[0].body!.cancel();
    expect((await router.request('/api/events')).status).toBe(200);
  });

  it('are not held open for who asks only for the headers', async () => {
    const router = createRouter(node.view, { mayAct: false, mostStreams: 2 });
    let listening = 0;
    const { listen } = node.feed;
    node.feed.listen = (listener) => {
      listening += 1;
      return listen.call(node.feed, listener);
    };
    for (let at = 0; at < 20; at++) {
      const head = await router.request('/api/events?recent=1', { method: 'HEAD' });
      expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    }
    expect(listening).toBe(0);
    expect((await router.request('/api/events')).status).toBe(200);
  });

  it('are lost for a watcher that does not read, and not kept for it', async () => {
    const router = createRouter(node.view, { mayAct: false });
    const response = await router.request('/api/events');
    for (let at = 0; at < 5_000; at++) {
      node.feed.add({ level: 'info', event: 'banned', message: at.toString() });
    }
    const events = await read(response, 1);
    expect(events.length).toBe(1_000);
    expect(events[0]).toMatch(/^id: 4001\n/);
  });
});

describe('the port', () => {
  const port = (isToken?: (given: string) => boolean, host = '127.0.0.1') =>
    createRouter(node.view, { mayAct: false, guard: guard({ host, isToken }) });
  const status = async (headers: Record<string, string>, router = port()) =>
    (await router.request('/api/alive', { headers })).status;

  it.each([
    ['127.0.0.1:9479', 200],
    ['localhost', 200],
    ['LOCALHOST:9479', 200],
    ['[::1]:9479', 200],
    ['127.9.9.9', 200],
    ['attacker.example', 421],
    ['127.0.0.1.attacker.example', 421],
    ['localhost.attacker.example:9479', 421],
    ['', 421],
  ])('answers a page that was reached as %j with %d', async (host, wanted) => {
    expect(await status({ host })).toBe(wanted);
    expect(isDescribed('/api/alive', wanted)).toBe(true);
  });

  it.each<[string | undefined, number]>([
    [undefined, 401],
    ['Bearer right', 200],
    ['bearer right', 200],
    ['Bearer wrong', 401],
    ['Bearer', 401],
    [`Basic ${Buffer.from('anybody:right').toString('base64')}`, 200],
    [`Basic ${Buffer.from(':right').toString('base64')}`, 200],
    [`Basic ${Buffer.from('right').toString('base64')}`, 401],
    [`Basic ${Buffer.from('right:wrong').toString('base64')}`, 401],
    ['Digest right', 401],
  ])('answers %j with %d where a token is asked for', async (authorization, wanted) => {
    const router = port((given) => given === 'right', '192.0.2.9');
    const headers = authorization === undefined ? {} : { authorization };
    expect(await status({ host: 'any.example', ...headers }, router)).toBe(wanted);
    expect(isDescribed('/api/alive', wanted)).toBe(true);
  });

  it('lets nothing be changed, and says to browsers what they may do', async () => {
    const headers = { host: 'localhost' };
    const post = await port().request('/api/reconcile', { method: 'POST', headers });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(isDescribed('/api/reconcile', 405, 'post')).toBe(true);
    const page = await port().request('/', { headers });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; /);
    expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|\*/);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('metrics', () => {
  it('count by what is bounded, whatever publishers send', async () => {
    const metrics = await countForMetrics(node.vallum, () => node.view.report());
    for (let at = 0; at < 60; at++) {
      const origin = `web${at.toString()}.kind${at.toString()}`;
      await node.ban(`203.0.113.${at.toString()}`, { set: 'blacklist', origin });
    }
    await node.ban('203.0.113.200', { set: 'blacklist', origin: 'web9.kind1' });
    await node.ban('198.51.100.1', { set: 'blacklist' });
    const many = Array.from({ length: 150 }, (_, at) => `192.0.2.${at.toString()}`);
    await node.ban(many, { set: 'blacklist', origin: 'feed' });
    const { text, type } = await metrics.read();
    metrics.close();
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    const series = text.split('\n').filter((line) => line.startsWith('vallum_bans_total{'));
    expect(series.length).toBeLessThanOrEqual(36);
    const of = (name: string) =>
      text
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(' ')[1];
    const banned = (origin: string) =>
      of(`vallum_bans_total{set="blacklist",origin_class="${origin}",outcome="banned"}`);
    expect([banned('kind1'), banned('(other)'), banned('(many)')]).toEqual(['2', '28', '150']);
    expect(of('vallum_refusals_total{outcome="refused",reason="protected"}')).toBe('1');
    expect(of('vallum_bans{set="blacklist"}')).toBe('211');
    expect(of('vallum_bans_enforced{set="blacklist"}')).toBe('211');
    expect(of('vallum_set_room{set="small"}')).toBe('4');
    expect(of('vallum_connected')).toBe('1');
    // Each message by itself, and once for the large one.
    expect(of('vallum_ban_lag_seconds_count')).toBe('62');
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).toMatch(/^process_resident_memory_bytes /m);
    expect(text).not.toMatch(/vallum_last_message_timestamp_seconds 0/);
    expect(text).not.toMatch(/^vallum_dropped/m);
    // Reading it twice counts nothing twice.
    expect((await metrics.read()).text).toContain('origin_class="kind1",outcome="banned"} 2\n');
  });

  it('tell how the connection is, how long the broker takes, and what waits', async () => {
    const metrics = await countForMetrics(node.vallum, () => node.view.report());
    const read = async (name: string) => {
      await new Promise((resolve) => setImmediate(resolve));
      const { text } = await metrics.read();
      return text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1];
    };
    expect(await read('vallum_connected')).toBe('1');
    expect(Number(await read('vallum_broker_lag_seconds'))).toBeGreaterThanOrEqual(0);
    expect(await read('vallum_queue_messages{queue="outgoing"}')).toBe('0');
    const before = Number(await read('vallum_connections_total'));

    await node.cut();
    const giveUp = new AbortController();
    const waiting = node.vallum
      .ban('192.0.2.1', { set: 'blacklist', signal: giveUp.signal })
      .catch((error: unknown) => error);
    // It is enforced first, and published then.
    while ((await read('vallum_queue_messages{queue="outgoing"}')) === '0');
    expect(await read('vallum_queue_messages{queue="outgoing"}')).toBe('1');
    expect(Number(await read('vallum_queue_bytes{queue="outgoing"}'))).toBeGreaterThan(20);
    expect(await read('vallum_connected')).toBe('0');
    // What nobody knows is not shown as nothing.
    expect(await read('vallum_broker_lag_seconds')).toBeUndefined();
    giveUp.abort();
    expect(await waiting).toMatchObject({ code: 'ABORTED' });

    await node.mend();
    expect(await read('vallum_connections_total')).toBe(String(before + 1));
    const lists = node.ban(
      Array.from({ length: 20_000 }, (_, at) => `10.0.${String(at >> 8)}.${String(at & 255)}`),
      { set: 'blacklist' },
    );
    while ((await read('vallum_queue_messages{queue="incoming"}')) === '0');
    await lists;
    while ((await read('vallum_queue_messages{queue="incoming"}')) !== '0');
    expect(await read('vallum_queue_bytes{queue="incoming"}')).toBe('0');
    metrics.close();
  });
});
