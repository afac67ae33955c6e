import { describe, expect, it } from '@jest/globals';
import type { BrokerSight, MqttOptions } from '@vallum/core/mqtt';
import type { Transport, TransportHandlers } from '@vallum/core';
import { gatherBroker, type BrokerQuestions } from './gather-broker.js';

const sight: BrokerSight = {
  ...{ broker: 'mqtt://b:1883', tls: false, reached: 'ready', certificates: [] },
};

/** A broker that keeps sessions and one retained status, and writes down who came. */
function fakeBroker(status?: string) {
  const visits: { clientId: string | undefined; clean: boolean | undefined }[] = [];
  const sessions = new Set<string>();
  const published: { topic: string; payload: string; retain: boolean | undefined }[] = [];
  const connect = (mqtt: MqttOptions): Transport => {
    const { clientId = '', cleanSession } = mqtt;
    visits.push({ clientId, clean: cleanSession });
    let handlers: TransportHandlers | undefined;
    return {
      open(given) {
        handlers = given;
        const sessionPresent = cleanSession === false && sessions.has(clientId);
        if (cleanSession === false) sessions.add(clientId);
        else sessions.delete(clientId);
        setImmediate(() => {
          given.connection({
            ...{ state: 'connected', sessionPresent, protocolVersion: 5, brokerAddresses: [] },
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
      },
      close: async () => undefined,
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
    });
  });
});
