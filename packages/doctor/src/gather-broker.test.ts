import { describe, expect, it } from '@jest/globals';
import type { BrokerSight, MqttOptions } from '@vallum/core/mqtt';
import { VallumError, type Transport, type TransportHandlers } from '@vallum/core';
import { gatherBroker, type BrokerQuestions } from './gather-broker.js';

const sight: BrokerSight = {
  ...{ broker: 'mqtt://b:1883', tls: false, reached: 'ready', certificates: [] },
};

type Verdict = 'carry' | 'starve' | 'refuse' | 'hang up' | 'silent';
interface Rules {
  readonly protocolVersion?: 4 | 5;
  readonly verdict?: (topic: string) => Verdict;
  /** What comes all the time, in the way. */
  readonly flood?: boolean;
}

/** A broker that keeps sessions and one retained status, and writes down who came. */
function fakeBroker(status?: string, rules: Rules = {}) {
  const visits: { clientId: string | undefined; clean: boolean | undefined }[] = [];
  const sessions = new Set<string>();
  const published: { topic: string; payload: string; retain: boolean | undefined }[] = [];
  const connect = (mqtt: MqttOptions): Transport => {
    const { clientId = '', cleanSession } = mqtt;
    visits.push({ clientId, clean: cleanSession });
    let handlers: TransportHandlers | undefined;
    let flood: NodeJS.Timeout | undefined;
    return {
      open(given) {
        handlers = given;
        const sessionPresent = cleanSession === false && sessions.has(clientId);
        if (cleanSession === false) sessions.add(clientId);
        else sessions.delete(clientId);
        setImmediate(() => {
          given.connection({
            ...{ state: 'connected', sessionPresent, brokerAddresses: [] },
            protocolVersion: rules.protocolVersion ?? 5,
          });
        });
      },
      subscribe(filters) {
        for (const one of filters) {
          handlers?.subscription?.(typeof one === 'string' ? one : one.filter, 'granted');
        }
        if (status === undefined) return;
        const payload = Buffer.from(status);
        void handlers?.message({ topic: 'vallumd/fw1', payload, retained: true });
      },
      async publish({ topic, payload, retain }) {
        published.push({ topic, payload: Buffer.from(payload).toString(), retain });
        const verdict = rules.verdict?.(topic) ?? 'carry';
        if (verdict === 'refuse') {
          const terms = { code: 'BROKER_REFUSED', operation: 'publish' } as const;
          throw new VallumError('not authorised (0x87)', terms);
        }
        if (verdict === 'hang up') {
          handlers?.connection({ state: 'disconnected', detail: 'gone' });
          await new Promise(() => undefined);
        }
        if (verdict === 'silent') await new Promise(() => undefined);
        if (verdict === 'carry') {
          void handlers?.message({ topic, payload: Buffer.from(payload), retained: false });
        }
        if (rules.flood === true) {
          const payload = Buffer.from('192.0.2.1');
          clearInterval(flood);
          flood = setInterval(() => {
            void handlers?.message({ topic: 'elsewhere', payload, retained: false });
          }, 100);
        }
      },
      close: async () => {
        clearInterval(flood);
      },
    };
  };
  return { visits, sessions, published, connect };
}

const questions: BrokerQuestions = {
  ...{ mqtt: { host: 'b', clientId: 'vallumd-fw1' }, clientId: 'vallumd-fw1-doctor-7' },
  ...{ filters: ['blacklist/#'], statusTopic: 'vallumd/fw1', session: true },
};
const look = async () => sight;

describe('the doctor at the broker', () => {
  it('never comes under the name of the daemon, and leaves no session behind', async () => {
    const broker = fakeBroker('{"state":"online"}');
    const facts = await gatherBroker(questions, { ...broker, look, timeoutMs: 100 });
    expect(facts).toMatchObject({ sessionKept: true, status: '{"state":"online"}' });
    expect(broker.visits).toEqual([
      { clientId: 'vallumd-fw1-doctor-7', clean: false },
      { clientId: 'vallumd-fw1-doctor-7', clean: false },
      { clientId: 'vallumd-fw1-doctor-7', clean: true },
    ]);
    expect([...broker.sessions]).toEqual([]);
  });

  it('repeats the status as it stands, and does not have it kept', async () => {
    const broker = fakeBroker('{"state":"online"}');
    await gatherBroker(questions, { ...broker, look, timeoutMs: 100 });
    expect(broker.published).toEqual([
      { topic: 'vallumd/fw1', payload: '{"state":"online"}', retain: undefined },
    ]);
  });

  it('tells nobody a state where there is none to repeat', async () => {
    const broker = fakeBroker();
    await gatherBroker(questions, { ...broker, look, timeoutMs: 100 });
    expect(JSON.parse(broker.published[0]!.payload)).toEqual({ probe: 'vallumd doctor' });
  });

  it('says nothing to a broker whose certificate is not trusted', async () => {
    const broker = fakeBroker();
    const distrusted = async () => ({ ...sight, distrust: 'expired' });
    await gatherBroker(questions, { ...broker, look: distrusted, timeoutMs: 100 });
    expect(broker.visits).toEqual([]);
  });

  it('asks the rest where the broker hangs up on whoever wants to read the status', async () => {
    const broker = fakeBroker('{"state":"online"}');
    const connect = (mqtt: MqttOptions): Transport => {
      const inner = broker.connect(mqtt);
      let handlers: TransportHandlers | undefined;
      return {
        ...inner,
        open(given) {
          handlers = given;
          inner.open(given);
        },
        subscribe(filters) {
          if (filters.includes('vallumd/fw1')) {
            handlers?.connection({ state: 'disconnected', detail: 'gone' });
          } else inner.subscribe(filters.filter((one) => one !== 'vallumd/fw1'));
        },
      };
    };
    const facts = await gatherBroker(questions, { connect, look, timeoutMs: 100 });
    expect(facts).toMatchObject({ subscriptions: [{ outcome: 'granted' }], sessionKept: true });
    expect(facts.publication).toMatchObject({ outcome: 'heard' });
  });

  it('gives up on a broker that stays silent', async () => {
    const silent: Transport = {
      ...{ open: () => undefined, subscribe: () => undefined },
      ...{ publish: async () => undefined, close: async () => undefined },
    };
    const facts = await gatherBroker(questions, { connect: () => silent, look, timeoutMs: 20 });
    expect(facts).toEqual({
      sight,
      clientId: 'vallumd-fw1-doctor-7',
      subscriptions: [],
      echoes: [],
      answers: [],
    });
  });
});

describe('what is sent to come back', () => {
  const echoes = ['blacklist/sync', 'blacklist/add'].map((topic) => ({ topic, payload: '[]' }));
  const ask = async (rules: Rules, timeoutMs = 100) => {
    const { statusTopic: _, session: __, ...rest } = questions;
    const broker = fakeBroker(undefined, rules);
    const facts = await gatherBroker(
      { ...rest, session: false, echoes },
      { ...broker, look, timeoutMs },
    );
    return facts.echoes.map(({ outcome }) => outcome);
  };
  const only = (verdict: Verdict) => (topic: string) =>
    topic.endsWith('/add') ? verdict : 'carry';

  it('is told by what became of it', async () => {
    expect(await ask({})).toEqual(['heard', 'heard']);
    expect(await ask({ verdict: only('starve') })).toEqual(['heard', 'starved']);
    expect(await ask({ verdict: only('refuse') })).toEqual(['heard', 'refused']);
    expect(await ask({ verdict: only('silent') })).toEqual(['heard', 'unknown']);
  });

  it('proves less over MQTT 3.1.1, where what is thrown away is confirmed', async () => {
    const rules = { protocolVersion: 4, verdict: only('starve') } as const;
    expect(await ask(rules)).toEqual(['heard', 'silent']);
  });

  it('is not sent again to a broker that hangs up', async () => {
    expect(await ask({ verdict: only('hang up') })).toEqual(['heard', 'ended']);
    expect(await ask({ verdict: () => 'hang up' })).toEqual(['ended', 'unknown']);
  });

  it('is not called starved while so much comes that it may be among it', async () => {
    const rules = { verdict: only('starve'), flood: true };
    expect(await ask(rules)).toEqual(['heard', 'unknown']);
  }, 30_000);
});
