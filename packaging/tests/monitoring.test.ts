import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  freePort,
  makeCertificates,
  mustRun,
  runProcess,
  startMosquitto,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Certificates,
  type Mosquitto,
} from '@vallum/test-kit';
import {
  dashboardExpressions,
  readDashboard,
  readMonitoring,
  readRules,
  readRuleTests,
} from './monitoring-files.js';
import { exposedIn, unknownTo } from './promql-names.js';

const program = (path: string) => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url));
const vallumd = program('daemon/bin/vallumd.js');
const vallumPub = program('publish-cli/bin/vallum-pub.js');

const TOKEN = 'correct-horse-battery';
/** Prometheus' own. */
const OF_PROMETHEUS = new Map([
  ['up', new Set<string>()],
  ['ALERTS', new Set(['alertname', 'alertstate', 'severity', 'set', 'topic'])],
]);
/** What asks for faults that nobody has. */
const MAY_BE_EMPTY = /> 0$|ALERTS/;

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly { readonly value: readonly [number, string] }[];
    readonly groups: readonly {
      readonly rules: readonly {
        readonly name: string;
        readonly health: string;
        readonly state: string;
        readonly lastError?: string;
      }[];
    }[];
  };
}

suiteNeeding(
  [
    'prometheus',
    'namespace',
    'ipset',
    'nft',
    'iptables',
    'mosquitto',
    'mosquitto-clients',
    'openssl',
  ],
  'a Prometheus of the example configuration, beside two firewalls',
  () => {
    const folder = temporaryFolder();
    let certificates: Certificates;
    let broker: Mosquitto;
    let prometheus = '';
    const ports = new Map<string, number>();

    const env = { VALLUMD_CONFIG: undefined, VALLUM_PUB_CONFIG: undefined, VALLUM_SPOOL: 'false' };
    const setup = async (rules: string) => {
      // It notes the backend there.
      const config = join(folder, `${rules}.yaml`);
      writeFileSync(config, 'topics: [blacklist]\n');
      const args = ['setup', '--config', config, '--rules', rules, '--apply'];
      await mustRun(process.execPath, [vallumd, ...args], { env });
    };
    const startFirewall = async (node: string, backend: string, policy = '') => {
      const config = join(folder, `${node}.yaml`);
      writeFileSync(config, policy);
      const port = await freePort();
      ports.set(node, port);
      const { serverCert, serverKey } = certificates;
      const running = await startProcess(
        process.execPath,
        [
          ...[vallumd, '-h', '127.0.0.1', '-p', broker.port.toString(), '-t', 'blacklist'],
          ...['--node', node, '--backend', backend, '--state-dir', join(folder, node)],
          ...[
            '--config',
            config,
            '--control',
            join(folder, `${node}.sock`),
            '--http',
            `0.0.0.0:${port.toString()}`,
          ],
          ...['--http-cert', serverCert, '--http-key', serverKey],
          ...['--http-token-file', join(folder, 'vallum-token')],
        ],
        { env: { ...env, STATE_DIRECTORY: '/dev/null/none' } },
      );
      await running.waitForOutput(/listening to blacklist/);
    };
    const publish = (...args: readonly string[]) =>
      mustRun(
        process.execPath,
        [vallumPub, ...args, '--set', 'blacklist', '-p', broker.port.toString()],
        { env },
      );
    const scrape = (node: string) =>
      new Promise<string>((resolve, reject) => {
        const authorization = `Bearer ${TOKEN}`;
        const where = { host: 'localhost', port: ports.get(node), path: '/metrics' };
        const ca = readFileSync(certificates.ca);
        request({ ...where, ca, agent: false, headers: { authorization } }, (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          incoming.on('end', () => {
            resolve(text);
          });
        })
          .on('error', reject)
          .end();
      });
    const ask = async (path: string): Promise<Answer> => {
      const answer = await fetch(`${prometheus}/api/v1/${path}`);
      return (await answer.json()) as Answer;
    };
    const query = (expr: string) => ask(`query?query=${encodeURIComponent(expr)}`);

    beforeAll(async () => {
      certificates = await makeCertificates(folder);
      writeFileSync(join(folder, 'vallum-token'), `${TOKEN}\n`, { mode: 0o600 });
      broker = await startMosquitto();
      // In nftables rules count what they drop; ipset knows how much room there is.
      await setup('nftables');
      await setup('iptables');
      await startFirewall('fw1', 'nftables');
      await startFirewall('fw2', 'ipset', 'sets: {blacklist: {observe: true}}');
      await publish('add', '203.0.113.7', '--origin', 'web1.sshd');
      await publish('add', '203.0.113.8', '--origin', 'web2.sshd');
      await publish('del', '203.0.113.8');
      const nonsense = ['-t', 'blacklist/add', '-m', 'no address'];
      await mustRun('mosquitto_pub', ['-p', broker.port.toString(), '-q', '1', ...nonsense]);

      const port = await freePort();
      prometheus = `http://127.0.0.1:${port.toString()}`;
      const targets = [...ports.values()].map((one) => `localhost:${one.toString()}`);
      const example = readMonitoring('prometheus.yml')
        .replaceAll('/etc/prometheus/vallum-ca.pem', certificates.ca)
        .replaceAll('/etc/prometheus/', `${folder}/`)
        .replace(/- fw1\.example:9479\s+- fw2\.example:9479/, `- ${targets.join('\n          - ')}`)
        .replace('scrape_interval: 30s', 'scrape_interval: 1s');
      writeFileSync(
        join(folder, 'prometheus.yml'),
        `global: { evaluation_interval: 1s }\n${example}`,
      );
      writeFileSync(join(folder, 'vallum.rules.yml'), readMonitoring('vallum.rules.yml'));
      await startProcess('prometheus', [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'series')}`,
        `--web.listen-address=127.0.0.1:${port.toString()}`,
      ]);
      await waitFor(
        async () => {
          // Both are asked, and have heard of each other that they hold the same.
          const heard = await query(
            'count(count by (instance) (rate(vallum_agreed_timestamp_seconds{topic="blacklist"}[1m])))',
          ).catch(() => undefined);
          return heard?.data.result[0]?.value[1] === '2' || undefined;
        },
        { timeoutMs: 30_000, intervalMs: 300, what: 'figures of both firewalls' },
      );
    }, 60_000);

    afterAll(async () => {
      await runProcess('sh', ['-c', 'nft flush ruleset; iptables -F; iptables -X; ipset destroy']);
      await runProcess('sh', ['-c', 'ip6tables -F; ip6tables -X; ipset destroy']);
    });

    it('gets from them what promtool finds no fault with', async () => {
      const faultsOf = async (input: string) => {
        const { stdout, stderr } = await runProcess('promtool', ['check', 'metrics'], { input });
        // Names that prom-client gives, and others have panels for.
        const theirs = /^nodejs_active_(handles|requests|resources)_total /;
        return `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !theirs.test(line));
      };
      for (const node of ports.keys()) {
        const text = await scrape(node);
        expect([node, await faultsOf(text)]).toEqual([node, []]);
        expect(
          await faultsOf(text.replaceAll('vallum_bans_total', 'vallum_bansTotal')),
        ).not.toEqual([]);
      }
    });

    it('is asked by rules, their tests and the dashboard for nothing that is not there', async () => {
      const exposed = new Map([
        ...exposedIn(await scrape('fw1')),
        ...exposedIn(await scrape('fw2')),
        ...OF_PROMETHEUS,
      ]);
      const expressions = [
        ...readRules().map(({ expr }) => expr),
        ...readRuleTests().flatMap((one) => one.input_series.map(({ series }) => series)),
        ...dashboardExpressions(readDashboard()).map(({ expr }) => expr),
      ];
      expect(expressions.length).toBeGreaterThan(80);
      expect(expressions.flatMap((expr) => unknownTo(exposed, expr))).toEqual([]);
      // This would be told of one that is.
      expect(unknownTo(exposed, 'vallum_made_up_total > 0')).toHaveLength(1);
    });

    it('answers every question of the dashboard', async () => {
      const amiss: string[] = [];
      for (const { title, expr } of dashboardExpressions(readDashboard())) {
        const { status, error, data } = await query(expr);
        if (status !== 'success') amiss.push(`${title}: ${String(error)}`);
        else if (data.result.length === 0 && !MAY_BE_EMPTY.test(expr)) {
          amiss.push(`${title}: nothing from ${expr}`);
        }
      }
      expect(amiss).toEqual([]);
    });

    it('computes every rule, and has nothing to tell of two that are well', async () => {
      const { data } = await ask('rules');
      const rules = data.groups.flatMap((group) => group.rules);
      expect(rules.map(({ name }) => name)).toEqual(readRules().map(({ alert }) => alert));
      expect(rules.filter(({ health, lastError }) => health !== 'ok' || lastError)).toEqual([]);
      // Two backends share this machine, and one takes offence at what the other has made.
      const wrong = rules.filter(({ name }) => !name.startsWith('VallumAttention'));
      expect(wrong.filter(({ state }) => state !== 'inactive')).toEqual([]);
    });

    it('notices a broker that is gone, and a rule that is', async () => {
      await broker.stop();
      await mustRun('iptables', ['-F']);
      const pending = async () => {
        const { data } = await ask('rules');
        return data.groups
          .flatMap(({ rules }) => rules)
          .filter(({ state }) => state === 'pending')
          .map(({ name }) => name);
      };
      await waitFor(
        async () => {
          const found = await pending();
          return found.includes('VallumNotConnected') && found.includes('VallumNoRule');
        },
        { timeoutMs: 25_000, intervalMs: 500, what: 'both alerts' },
      );
    }, 40_000);
  },
);
