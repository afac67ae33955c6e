import { readFileSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  connectNamespaces,
  createNamespace,
  ownNamespace,
  runProcess,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Finished,
  type Mosquitto,
  type Namespace,
  type ProcessOptions,
  type RunningProcess,
} from '@vallum/test-kit';
import { runVallumPub, startVallumd } from './support/programs.js';

const daemon = fileURLToPath(new URL('../packages/daemon/bin/vallumd.js', import.meta.url));
const publisher = fileURLToPath(
  new URL('../packages/publish-cli/bin/vallum-pub.js', import.meta.url),
);
const guide = fileURLToPath(new URL('../docs/operations.md', import.meta.url));
const SET = 'blacklist';
const BROKER = '10.91.1.1';

interface FleetAnswer {
  readonly nodes: readonly {
    readonly node: string;
    readonly state: string;
    readonly version?: string;
    readonly since?: number;
    readonly sinceAtLeast?: true;
    readonly lastSeen?: number;
    readonly answeredMs?: number;
    readonly lagMs?: number;
    readonly sets: readonly { readonly digest?: string }[];
  }[];
}

interface Member {
  readonly namespace: Namespace;
  readonly state: string;
}

suiteNeeding(
  ['bash', 'ipset', 'iptables', 'namespace', 'iproute', 'mosquitto', 'mosquitto-clients'],
  'a fleet of four, of which one is behind, one protects the address and one is full',
  () => {
    const members = new Map<string, Member>();
    const processes = new Map<string, RunningProcess>();
    let broker: Mosquitto;

    const join = async (node: string, size: number, ...more: readonly string[]) => {
      const number = members.size + 1;
      const namespace = await createNamespace(node);
      await connectNamespaces(ownNamespace, namespace, {
        left: [`10.91.${number.toString()}.1/24`],
        right: [`10.91.${number.toString()}.2/24`],
      });
      await namespace.exec('ip', [
        'route',
        'add',
        'default',
        'via',
        `10.91.${number.toString()}.1`,
      ]);
      await namespace.exec('ipset', [
        ...['create', SET, 'hash:net', 'timeout', '0', 'maxelem', size.toString()],
      ]);
      // A ban does something on one of them at least.
      if (node === 'fw1') {
        await namespace.exec('iptables', [
          ...['-I', 'INPUT', '-m', 'set', '--match-set', SET, 'src', '-j', 'DROP'],
        ]);
      }
      const state = temporaryFolder();
      members.set(node, { namespace, state });
      const vallumd = await startVallumd(
        [
          ...['-h', BROKER, '-p', broker.port.toString(), '-t', SET, '--node', node],
          ...['--state-dir', state, ...more],
        ],
        { namespace, stateDir: state },
      );
      await vallumd.waitForOutput(/listening to blacklist\/#/);
      processes.set(node, vallumd);
    };
    const memberOf = (node: string): Member => {
      const member = members.get(node);
      if (member === undefined) throw new Error(`${node} is no member`);
      return member;
    };
    const ask = (node: string, ...words: readonly string[]): Promise<Finished> => {
      const { namespace, state } = memberOf(node);
      return namespace.run(process.execPath, [daemon, ...words, '--state-dir', state], {
        env: { VALLUMD_CONFIG: undefined, NODE_EXTRA_CA_CERTS: undefined },
      });
    };
    const fleetFrom = async (node: string) =>
      JSON.parse((await ask(node, 'fleet', '--json')).stdout) as FleetAnswer;
    const ban = async (address: string) => {
      const { code, stderr } = await runVallumPub([
        ...['add', address, '--set', SET, '-h', '127.0.0.1', '-p', broker.port.toString()],
        ...['--origin', 'web1.sshd', '--reason', 'port scan', '--timeout', '1h'],
      ]);
      expect([code, stderr]).toEqual([0, expect.anything()]);
    };

    beforeAll(async () => {
      broker = await startMosquitto();
      await join('fw1', 65_536, '--http', '9479');
      await join('protecting', 65_536, '--protect', '203.0.113.7');
      await join('full', 1);
      await ban('192.0.2.1');
      await waitFor(
        async () => (await ask('full', 'list')).stdout.includes('192.0.2.1') || undefined,
        {
          timeoutMs: 20_000,
          what: 'the first ban where there is room for one',
        },
      );
      await ban('203.0.113.7');
      // It comes too late, and asks nobody.
      await join('behind', 65_536, '--no-repair');
      await waitFor(
        async () =>
          (await ask('full', 'why', '203.0.113.7')).stdout.includes('is full') || undefined,
        {
          timeoutMs: 20_000,
          what: 'the second ban where there is no room',
        },
      );
    }, 120_000);
    afterAll(async () => {
      await broker.stop();
      for (const { namespace } of members.values()) await namespace.remove();
    });

    it.each<[string, RegExp]>([
      ['fw1', /is blocked here\n[^]*kernel set blacklist holds it[^]*web1\.sshd.*port scan/],
      ['protecting', /is not blocked here\n.*203\.0\.113\.7 is protected/],
      ['full', /is not blocked here\n[^]*not enforced yet: set blacklist is full/],
      ['behind', /is not blocked here\n[^]*nothing is known of it/],
    ])('is told by %s why', async (node, said) => {
      const { code, stdout } = await ask(node, 'why', '203.0.113.7');
      expect([code, stdout]).toEqual([0, expect.stringMatching(said)]);
    });

    it.each<[string, RegExp]>([
      ['fw1', /^blacklist +2 +0 +0 +65,534 +1 +0 \(0 B\) +ready$/m],
      ['protecting', /^blacklist +1 +0 +1 .*no rule refers to it$/m],
      ['full', /^blacklist +2 +1 +0 +0 [^]*critical +set blacklist is full: 1 ban waits for room/m],
      ['behind', /not compared with \(--no-repair\)\n[^]*^blacklist +0 +0 +0 /m],
    ])('is shown by the status of %s', async (node, said) => {
      const { code, stdout } = await ask(node, 'status');
      expect([code, stdout]).toEqual([0, expect.stringMatching(said)]);
    });

    it('is shown by fleet, from each of them', async () => {
      const { code, stdout } = await ask('fw1', 'fleet');
      expect(code).toBe(0);
      const lag = String.raw`\d[.\d]* m?s +now`;
      expect(stdout).toMatch(new RegExp(`^behind .* 0 +0{8} +0 +0 +${lag} +behind by 2`, 'm'));
      expect(stdout).toMatch(
        new RegExp(`^full .* 2 +[0-9a-f]{8} +1 +0 +${lag} +agrees, 2 need a hand$`, 'm'),
      );
      expect(stdout).toMatch(new RegExp(`^fw1 .* 2 +[0-9a-f]{8} +0 +0 +${lag} +agrees`, 'm'));
      expect(stdout).toMatch(
        new RegExp(`^protecting .* 1 +[0-9a-f]{8} +0 +1 +${lag} +agrees`, 'm'),
      );
      const { nodes } = await fleetFrom('full');
      expect(nodes).toHaveLength(4);
      for (const { node, state, answeredMs, lagMs, sets } of nodes) {
        expect([node, state, sets[0]!.digest]).toEqual([
          ...[node, 'up'],
          expect.stringMatching(/^[0-9a-f]{16}$/),
        ]);
        expect(answeredMs).toBeGreaterThan(0);
        // Without repair a node says nothing to itself.
        expect(typeof lagMs).toBe(node === 'behind' ? 'undefined' : 'number');
      }
      expect((await ask('behind', 'fleet')).stdout).toMatch(/^fw1 .* ahead by 2/m);
    });

    it('has a status at the broker that says what a node is, and what it holds', async () => {
      interface Shown {
        readonly at: number;
        readonly connected: number;
        readonly ledgers: readonly { readonly heard?: boolean }[];
      }
      // Once it has heard the others, which a busy machine's nodes may say late.
      const shown = await waitFor(
        async () => {
          const { stdout } = await runProcess('mosquitto_sub', [
            ...['-h', '127.0.0.1', '-p', broker.port.toString(), '-t', 'vallumd/full'],
            ...['-C', '1', '-W', '5'],
          ]);
          const status = JSON.parse(stdout) as Shown;
          return status.ledgers.every(({ heard }) => heard) ? status : undefined;
        },
        { timeoutMs: 90_000, intervalMs: 500, what: 'a status of a node that has heard others' },
      );
      const now = Date.now() / 1000;
      expect(shown).toMatchObject({
        ...{ state: 'online', node: 'full', backend: 'ipset', addresses: ['10.91.3.2'] },
        // It is full, and no rule refers to its set.
        needs: { critical: 2, warning: expect.any(Number) },
        sets: [{ set: SET, state: 'ready', refused: 0, digest: expect.any(String) }],
        ledgers: [
          { topic: SET, digest: expect.any(String), heard: true },
          { topic: 'vallum/protect', heard: true },
        ],
        protection: { entries: 0 },
        lag: expect.any(Number),
      });
      expect(now - shown.at).toBeLessThan(120);
      expect(shown.at - shown.connected).toBeGreaterThanOrEqual(0);
    }, 120_000);

    it('counts the same everywhere but where it is behind', async () => {
      for (const node of ['fw1', 'protecting', 'full']) {
        expect((await ask(node, 'top')).stdout).toMatch(/^web1\.sshd +2$/m);
        expect((await ask(node, 'list', '--json-lines')).stdout.split('\n')).toHaveLength(3);
      }
      expect((await ask('behind', 'list')).stdout).toBe('no bans\n');
    });

    it('is shown with those that do not answer, as the broker has them', async () => {
      const gone = processes.get('behind');
      gone?.signal('SIGSTOP');
      const hung = await ask('fw1', 'fleet');
      gone?.signal('SIGCONT');
      expect(hung.stdout).toMatch(/^behind +\S+ .*(ago|just now) +connected, did not answer$/m);
      const before = Date.now() / 1000;
      await gone?.kill('SIGKILL');
      const dead = await waitFor(
        async () => {
          const { nodes } = await fleetFrom('fw1');
          const row = nodes.find(({ node }) => node === 'behind');
          return row?.state === 'offline' && row.sinceAtLeast !== true ? row : undefined;
        },
        { timeoutMs: 20_000, what: 'a node that is offline' },
      );
      expect(Math.abs(dead.since! - before)).toBeLessThan(5);
      expect(dead.version).toMatch(/^\d/);
      expect(dead.lastSeen).toBeLessThanOrEqual(before + 1);
      expect((await ask('fw1', 'fleet')).stdout).toMatch(
        /^behind +\S+ +(\d+ \S+ ago|just now) +offline (for \d+ \S+|since just now)$/m,
      );
    });

    it('shows a node itself where it has lost its broker, and what it remembers of others', async () => {
      const { namespace } = memberOf('protecting');
      await namespace.exec('ip', ['route', 'del', 'default']);
      const { code, stdout } = await waitFor(
        async () => {
          const asked = await ask('protecting', 'fleet');
          return asked.stdout.includes('cannot be asked') ? asked : undefined;
        },
        { timeoutMs: 60_000, what: 'a fleet that cannot be asked' },
      );
      await namespace.exec('ip', [...['route', 'add', 'default', 'via', '10.91.2.1']]);
      expect(code).toBe(69);
      expect(stdout).toMatch(/^protecting .* 1 +[0-9a-f]{8} +0 +1 .*agrees/m);
      expect(stdout).toMatch(/^fw1 +(\S+ \S+ ago|just now) +unknown$/m);
    });

    describe('the questions of the guide', () => {
      const [, table = ''] =
        /\| you want to know[^]*?\n([^]*?)\n\n/.exec(readFileSync(guide, 'utf8')) ?? [];
      const lines = [...table.matchAll(/`([^`]+)` *\|$/gm)].map(([, line = '']) => line);
      /** What each line of the guide shows of this fleet on fw1; of `watch`, before it is interrupted. */
      const answers = new Map<string, RegExp>([
        ['vallumd status', /^blacklist +2 .* ready$/m],
        ['vallumd why 203.0.113.7', /is blocked here\n[^]*web1\.sshd.*port scan/],
        [
          'vallum-pub why 203.0.113.7 --set blacklist',
          /^fw1 +blocked +203\.0\.113\.7 +web1\.sshd/m,
        ],
        ['vallumd fleet', /^fw1 .* agrees/m],
        ['vallumd list --since 24h --sort since', /^203\.0\.113\.7 .*\n192\.0\.2\.1 /m],
        [
          "journalctl -u vallumd --since today -g '^(.* entries )?banned '",
          /^banned 192\.0\.2\.1 .*\nbanned 203\.0\.113\.7 .*\nblacklist\S*: 101 of 101 entries banned .*\n$/,
        ],
        [
          "curl -sS --unix-socket /run/vallum/control.sock 'http://localhost/api/history?seconds=86400&step=3600'",
          /"step":3600,"bans":\[(?![0,]+\])[\d,]+\],"unbans":\[(?![0,]+\])[\d,]+\],.*"drops":\[[\d,]+\]/,
        ],
        ['vallumd list --ending 1h --sort until', /^192\.0\.2\.1 .*\n203\.0\.113\.7 /m],
        ['vallumd top', /^web1\.sshd +2$/m],
        ['vallumd status --json', /"dropped": \{\s+"packets": 0,/],
        ['vallumd watch --recent 20', /banned 203\.0\.113\.7/],
        ['curl -fsS http://127.0.0.1:9479/readyz', /^\{"status":"ok"/],
      ]);
      let path: string;

      /** As an administrator of fw1 types it. */
      const shell = (line: string): readonly [string, readonly string[], ProcessOptions] => [
        'bash',
        ['-c', line.replace('/run/vallum', memberOf('fw1').state)],
        {
          env: {
            ...{ PATH: `${path}:${process.env['PATH'] ?? ''}`, NODE_EXTRA_CA_CERTS: undefined },
            ...{ VALLUMD_CONFIG: undefined, VALLUM_PUB_CONFIG: undefined },
          },
        },
      ];
      const type = (line: string) => memberOf('fw1').namespace.run(...shell(line));

      beforeAll(async () => {
        path = temporaryFolder();
        const log = joinPath(path, 'messages');
        const port = broker.port.toString();
        const write = (name: string, line: string) => {
          writeFileSync(joinPath(path, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
        };
        write(
          'vallumd',
          `exec '${process.execPath}' '${daemon}' "$@" --state-dir '${memberOf('fw1').state}'`,
        );
        write(
          'vallum-pub',
          `exec '${process.execPath}' '${publisher}' "$@" -h ${BROKER} -p ${port}`,
        );
        // There is no journal in a namespace; it looks for a pattern of Perl's in the messages, too.
        write(
          'journalctl',
          `[ "$1 $2 $3 $4 $5" = '-u vallumd --since today -g' ] && exec grep -P -e "$6" '${log}'`,
        );
        // A list of which nothing is left.
        const list = Array.from({ length: 101 }, (_, at) => `198.51.100.${(at + 1).toString()}`);
        for (const verb of ['add', 'del'] as const) {
          const { code, stderr } = await runVallumPub([
            ...[verb, ...list, '--set', SET, '-h', '127.0.0.1', '-p', port, '--origin', 'list'],
          ]);
          expect([verb, code, stderr]).toEqual([verb, 0, expect.anything()]);
          await processes
            .get('fw1')
            ?.waitForOutput(new RegExp(`entries ${verb === 'add' ? '' : 'un'}banned`));
        }
        writeFileSync(
          log,
          (processes.get('fw1')?.output() ?? '').replace(/^\d{4}-\d\d-\d\d [\d:]{8} \S+ /gm, ''),
        );
      });

      it('are all known here', () => {
        expect(lines).toEqual([...answers.keys()]);
      });

      it.each(lines)('are answered by: %s', async (line) => {
        const said = answers.get(line) ?? /unknown/;
        if (line.startsWith('vallumd watch')) {
          const watching = await memberOf('fw1').namespace.start(...shell(line));
          await watching.waitForOutput(said);
          await watching.kill('SIGINT');
          return;
        }
        const { code, stdout, stderr } = await type(line);
        expect([code, stderr, stdout]).toEqual([0, '', expect.stringMatching(said)]);
      });

      it('alert where the broker is gone', async () => {
        const line = lines.find((one) => one.includes('readyz')) ?? '';
        await broker.stop();
        const { stderr } = await waitFor(
          async () => {
            const asked = await type(line);
            return asked.code === 0 ? undefined : asked;
          },
          { timeoutMs: 20_000, what: 'a node that is not ready' },
        );
        expect(stderr).toMatch(/503/);
        expect((await type(line)).code).toBe(22);
      });
    });
  },
);
