import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  startMosquitto,
  startRabbitMq,
  suiteNeeding,
  temporaryFolder,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { doctorThere, documentedRules, paste } from './doctor-there.js';
import { createFirewall, publishStatus, type Firewall } from './doctor-world.js';
import { vallumdCommand } from './start-vallumd.js';

const PASSWORD = 'sesame';
const users = { fw1: PASSWORD, fw2: PASSWORD, keeper: PASSWORD, web1: PASSWORD };

describe('the access rules in the documentation', () => {
  it('are the same on each page', async () => {
    const rules = await documentedRules('docs/security.md', 'fw1');
    expect(rules.length).toBeGreaterThan(4);
    for (const page of ['README.md', 'docs/repair.md', 'docs/migrating.md']) {
      expect([page, await documentedRules(page, 'fw1')]).toEqual([page, rules]);
    }
    const ofKeeper = await documentedRules('docs/security.md', 'keeper');
    expect(ofKeeper).toEqual(rules.map((rule) => rule.replaceAll('fw1', 'keeper')));
  });
});

suiteNeeding(
  ['namespace', 'ipset', 'iptables', 'nft', 'mosquitto', 'mosquitto-clients'],
  'vallumd doctor proves',
  () => {
    let firewall: Firewall;
    let broker: Mosquitto | undefined;
    let state: string;
    let running: RunningProcess[];
    beforeAll(async () => {
      firewall = await createFirewall('proof');
    });
    beforeEach(async () => {
      state = temporaryFolder();
      running = [];
      await firewall.make();
    });
    afterEach(async () => {
      for (const vallumd of running) await vallumd.kill();
      await broker?.stop();
      broker = undefined;
      await firewall.clear();
    });

    const withAcl = async (acl: string, rules: readonly string[]) => {
      const fw2 = rules.map((rule) => rule.replaceAll('fw1', 'fw2'));
      const web1 = await documentedRules('docs/security.md', 'web1');
      const lines = ['user fw1', ...rules, 'user fw2', ...fw2, 'user web1', ...web1];
      await writeFile(acl, `${lines.join('\n')}\n`);
    };
    const args = (node = 'fw1', ...more: readonly string[]) => [
      ...['-h', 'localhost', '-p', broker!.port.toString(), '-t', 'blacklist', '--node', node],
      ...['-u', node, '-P', PASSWORD, ...more],
    ];
    const ofFw1 = () => args('fw1', '--state-dir', state);
    const startThere = async (given: readonly string[]) => {
      const [program = '', ...rest] = vallumdCommand(given);
      const vallumd = await firewall.host.start(program, rest);
      running.push(vallumd);
      await vallumd.waitForOutput(/listening to blacklist/);
      return vallumd;
    };
    const doctor = () => doctorThere(firewall.host, ofFw1());
    const publish = (payload: string, ...more: readonly string[]) =>
      firewall.host.exec('mosquitto_pub', [
        ...['-p', broker!.port.toString(), '-u', 'web1', '-P', PASSWORD, '-q', '1'],
        ...['-t', 'blacklist/add', '-m', payload, ...more],
      ]);

    describe('under access rules', () => {
      let acl: string;
      const begin = async (rules: readonly string[]) => {
        acl = join(temporaryFolder(), 'acl');
        await withAcl(acl, rules);
        broker = await startMosquitto({
          ...{ users, namespace: firewall.host, persistence: true },
          config: `acl_file ${acl}`,
        });
        const vallumd = await startThere(ofFw1());
        await vallumd.waitForOutput(/set blacklist6 is ready/);
        return vallumd;
      };

      it('that all is well under those that the guide gives, and no node says a word', async () => {
        const vallumd = await begin(await documentedRules('docs/security.md', 'fw1'));
        vallumd.clearOutput();
        const { trouble, code, find } = await doctor();
        expect({ trouble, code }).toEqual({ trouble: [], code: 0 });
        expect(find('subscribe')?.message).toMatch(/came back from blacklist\/add/);
        expect(find('repair')).toMatchObject({ level: 'ok' });
        expect(find('answers')?.message).toMatch(
          /the running vallumd answered a question in \d+ ms/,
        );
        const [program = '', ...rest] = vallumdCommand(['doctor', ...ofFw1()]);
        const { stdout } = await firewall.host.run(program, rest);
        expect(stdout).toMatch(/^\d+ ok \(-v lists them\)\n$/);
        expect(vallumd.output()).toBe('');
      });

      it('as much under those that it gave before, by the state folder, but for reading', async () => {
        const rules = await documentedRules('docs/security.md', 'fw1');
        const before = rules.filter((rule) => rule !== 'topic read vallumd/+');
        await begin(before.map((rule) => rule.replace('readwrite vallumd', 'write vallumd')));
        const { trouble, find } = await doctor();
        expect(trouble).toEqual([]);
        expect(find('daemon')?.message).toContain(state);
      });

      it.each([
        ['topic read blacklist/#', 'critical subscribe'],
        ['topic write blacklist/add', 'unknown subscribe'],
        ['topic write blacklist/sync', 'warning repair'],
        ['topic read vallumd/fw1/sync', 'warning repair'],
        ['topic write vallumd/+/sync', 'warning repair'],
        ['topic readwrite vallumd/fw1', 'warning publish'],
        ['topic write blacklist/ask', 'unknown answers'],
        ['topic read vallumd/reply/fw1', 'unknown answers'],
        ['topic write vallumd/reply/+', 'unknown answers'],
      ])(
        'that %j is missing, and the remedy is that rule',
        async (left, expected) => {
          const rules = await documentedRules('docs/security.md', 'fw1');
          expect(rules).toContain(left);
          const kept = rules.filter((rule) => rule !== left);
          const vallumd = await begin(kept);
          const before = await doctor();
          expect(before.trouble).toContain(expected);
          const remedies = before.findings.flatMap(({ level, remedy = '' }) =>
            level === 'ok' ? [] : [remedy],
          );
          const lines = remedies.map(
            (remedy) => /^mosquitto acl_file: (topic .*)$/.exec(remedy)?.[1],
          );
          await withAcl(acl, [
            ...kept,
            ...lines.map((line) => line ?? `no rule: ${remedies.join()}`),
          ]);
          vallumd.clearOutput();
          await broker!.restart();
          await vallumd.waitForOutput(/listening to blacklist/, { timeoutMs: 20_000 });
          const after = await doctor();
          expect(after.trouble).toEqual([]);
        },
        60_000,
      );

      it('that nobody knows whether bans come, but when the last one came', async () => {
        const rules = await documentedRules('docs/security.md', 'fw1');
        const vallumd = await begin(rules.filter((rule) => rule !== 'topic write blacklist/add'));
        expect((await doctor()).find('subscribe')).toMatchObject({
          ...{ level: 'unknown', message: expect.stringMatching(/knows of no message that came/) },
        });
        await publish('192.0.2.9');
        await vallumd.waitForOutput(/banned 192\.0\.2\.9/);
        const { code, find } = await doctor();
        expect(find('subscribe')?.message).toMatch(/last message received within/);
        expect(code).toBe(3);
      });

      it('over MQTT 3.1.1 what comes back, and not that it is forbidden', async () => {
        acl = join(temporaryFolder(), 'acl');
        const rules = await documentedRules('docs/security.md', 'fw1');
        await withAcl(acl, rules);
        broker = await startMosquitto({ users, maxProtocol: 4, config: `acl_file ${acl}` });
        const as = ['-V', '311', '-u', 'fw1', '-P', PASSWORD];
        await publishStatus(broker.port, 'online', ...as);
        // What runs here is made up, and answers nobody.
        expect((await firewall.doctor(args())).trouble).toEqual(['unknown answers']);
        await withAcl(
          acl,
          rules.filter((rule) => !rule.startsWith('topic read ')),
        );
        await broker.restart();
        await publishStatus(broker.port, 'online', ...as);
        const blind = await firewall.doctor(args());
        expect(blind.find('subscribe')).toMatchObject({ level: 'unknown' });
        expect(blind.code).toBe(3);
      }, 60_000);
    });

    it('that no vallumd runs, whatever its status says', async () => {
      broker = await startMosquitto({ users, namespace: firewall.host });
      const status = JSON.stringify({ state: 'online', node: 'fw1' });
      await publish(status, '-r', '-t', 'vallumd/fw1');
      const { find, code } = await doctor();
      expect(find('daemon')).toMatchObject({
        level: 'critical',
        message: expect.stringMatching(/no vallumd runs here .*still says that it is online/),
      });
      expect(code).toBe(2);
    });

    it('that a session was lost with the broker’s memory, until the remedy is pasted', async () => {
      broker = await startMosquitto({ users, namespace: firewall.host });
      const vallumd = await startThere(ofFw1());
      expect((await doctor()).trouble).toEqual([]);
      vallumd.clearOutput();
      await broker.restart();
      await vallumd.waitForOutput(
        /warning: the broker had not kept this node's session, so nothing came of what was sent between/,
        { timeoutMs: 20_000 },
      );
      await vallumd.waitForOutput(/listening to blacklist/);
      const { trouble, find } = await doctor();
      expect(trouble).toEqual(['warning missed']);
      expect(find('missed')?.message).toMatch(/no other node holds the same yet/);
      await paste(firewall.host, find('missed')!.remedy!);
      await vallumd.waitForOutput(/compared with the ledger: blacklist:/);
      expect((await doctor()).trouble).toEqual([]);
    }, 60_000);

    it('that it was missed while vallumd was not there either', async () => {
      broker = await startMosquitto({ users, namespace: firewall.host });
      const first = await startThere(ofFw1());
      await first.kill();
      await broker.restart();
      const second = await startThere(ofFw1());
      await second.waitForOutput(/warning: the broker had not kept this node's session/);
      expect((await doctor()).trouble).toEqual(['warning missed']);
    }, 60_000);

    it('that a queue overflowed, by what another node had', async () => {
      broker = await startMosquitto({
        ...{ users, namespace: firewall.host, config: 'max_queued_messages 3' },
      });
      const other = await startThere(
        args('fw2', '--backend', 'memory', '--state-dir', temporaryFolder()),
      );
      const first = await startThere(ofFw1());
      await publish('192.0.2.200');
      await first.waitForOutput(/banned 192\.0\.2\.200/);
      // Until both have found out that they agree, the one is new.
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      await first.kill('SIGTERM');
      for (let last = 1; last <= 60; last += 1)
        await publish(`192.0.2.${last.toString()}`, '-q', '1');
      await other.waitForOutput(/banned 192\.0\.2\.60/);
      const second = await startThere(ofFw1());
      await second.waitForOutput(/continuing the session/);
      await second.waitForOutput(
        /warning: \d+ bans or unbans sent between .* did not come as messages and were taken from other nodes/,
        { timeoutMs: 60_000 },
      );
      const { find } = await doctor();
      expect(find('missed')).toMatchObject({ level: 'warning', remedy: expect.anything() });
    }, 120_000);
  },
);

suiteNeeding(
  ['namespace', 'ipset', 'iptables', 'nft', 'rabbitmq'],
  'vallumd doctor over RabbitMQ, which keeps no session without a subscription',
  () => {
    it('proves the same', async () => {
      const broker = await startRabbitMq();
      const firewall = await createFirewall('rabbit');
      await firewall.make();
      const args = ['-h', '127.0.0.1', '-p', broker.port.toString(), '-t', 'blacklist'];
      const { trouble, find } = await firewall.doctor([...args, '--node', 'fw1']);
      // What runs here is made up, and answers nobody.
      expect(trouble).toEqual(['unknown answers']);
      expect(find('session')).toMatchObject({ level: 'ok' });
      expect(find('subscribe')?.message).toMatch(/came back from blacklist\/add/);
      await firewall.host.remove();
      await broker.stop();
    }, 150_000);
  },
);
