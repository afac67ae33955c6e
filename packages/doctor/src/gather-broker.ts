import type { ConnectionState, OutgoingMessage, Transport } from '@vallum/core';
import type { BrokerSight, MqttOptions } from '@vallum/core/mqtt';
import { askNodes, type NodesAnswer, type NodesQuestion } from './ask-nodes.js';
import { askForEchoes, type Echo } from './echo.js';
import { openProbe, type Probe, type Subscription } from './probe.js';

export interface BrokerQuestions {
  readonly mqtt: MqttOptions;
  /** Of the visits: never that of a running daemon, which would be thrown out. */
  readonly clientId: string;
  /** What must be allowed to be read. */
  readonly filters: readonly string[];
  /** The topic on which this node publishes its status, if it does. */
  readonly statusTopic?: string;
  /** What must be allowed to be published, and changes nothing. */
  readonly publish?: OutgoingMessage;
  /**
   * Messages that change nothing, and have to come back by way of `filters`. In this order: a broker that
   * ends the connection where one is forbidden leaves the rest unasked.
   */
  readonly echoes?: readonly OutgoingMessage[];
  /** What nodes are to be asked, on a visit of its own: some brokers hang up on who may not ask. */
  readonly question?: NodesQuestion;
  /** The same of what is not needed, on a visit of its own: some brokers hang up on who asks for it. */
  readonly apart?: { readonly filter: string; readonly echo: OutgoingMessage };
  /** Find out whether the broker keeps sessions. */
  readonly session: boolean;
}

export interface BrokerFacts {
  readonly sight: BrokerSight;
  readonly clientId: string;
  /** undefined: not tried, or the broker stayed silent. */
  readonly connection?: ConnectionState;
  /** `unknown`: it could not be found out. */
  readonly sessionKept?: boolean | 'unknown';
  readonly subscriptions: readonly {
    readonly filter: string;
    readonly outcome: Subscription | undefined;
  }[];
  readonly echoes: readonly Echo[];
  /** What nodes answered, a topic each; empty where they were not asked. */
  readonly answers: readonly NodesAnswer[];
  /** Of `apart`. */
  readonly apart?: {
    /** `ended`: the broker ended the connection in place of an answer. */
    readonly subscription: Subscription | 'ended' | undefined;
    readonly echo: Echo;
  };
  /** The retained status of this node. */
  readonly status?: string;
  /** What became of `publish`, or of the status that was published once more. */
  readonly publication?: Echo;
}

export interface BrokerDeps {
  readonly look: (mqtt: MqttOptions) => Promise<BrokerSight>;
  readonly connect: (mqtt: MqttOptions) => Transport;
  readonly timeoutMs: number;
}

/** Brokers send retained messages right behind the SUBACK. */
const RETAINED_WITHIN_MS = 300;
/** Left behind only where the doctor is killed in between. */
const SESSION_SECONDS = 60;

/** Visits the broker and asks what has to be known; each step only where the one before succeeded. */
export async function gatherBroker(
  questions: BrokerQuestions,
  deps: BrokerDeps,
): Promise<BrokerFacts> {
  const { clientId, session } = questions;
  const sight = await deps.look(questions.mqtt);
  const nothing = { sight, clientId, subscriptions: [], echoes: [], answers: [] };
  if (sight.fault !== undefined || sight.distrust !== undefined) return nothing;

  const visit = async <Answer>(cleanSession: boolean, ask: (probe: Probe) => Promise<Answer>) => {
    const { timeoutMs } = deps;
    const probe = await openProbe(
      deps.connect({
        ...questions.mqtt,
        ...{ clientId, cleanSession, connectTimeoutMs: timeoutMs },
        sessionExpirySeconds: SESSION_SECONDS,
      }),
      timeoutMs,
    );
    try {
      return await ask(probe);
    } finally {
      await probe.close();
    }
  };
  const arrive = async (probe: Probe) => probe.connection;
  /** Some brokers (RabbitMQ) keep no session in which nothing was subscribed to. */
  const settle = async (probe: Probe) => {
    const wanted = questions.filters.slice(0, 1);
    if (wanted.length > 0 && probe.connection?.state === 'connected') await probe.subscribe(wanted);
    return probe.connection;
  };

  let sessionKept: BrokerFacts['sessionKept'];
  if (session) {
    const first = await visit(false, settle);
    if (first?.state !== 'connected') return withConnection(nothing, first);
    const second = await visit(false, arrive);
    sessionKept = second?.state === 'connected' ? second.sessionPresent : 'unknown';
  }
  // Clean, and so the session is gone that was made for finding out.
  const answers =
    (await visit(true, (probe) => askThere(probe, questions, true))) ??
    (await visit(true, (probe) => askThere(probe, questions, false)));
  const { question } = questions;
  const asked =
    question === undefined || answers?.connection?.state !== 'connected'
      ? []
      : await visit(true, (probe) => askNodes(probe, question));
  const { apart } = questions;
  const lookedAtApart =
    apart === undefined || answers?.connection?.state !== 'connected'
      ? undefined
      : await visit(true, (probe) => askApart(probe, apart));
  return {
    ...nothing,
    ...answers,
    answers: asked,
    ...(lookedAtApart === undefined ? {} : { apart: lookedAtApart }),
    ...(sessionKept === undefined ? {} : { sessionKept }),
  };
}

/**
 * @param isStatusRead whether the status is subscribed to as well
 * @returns undefined where the broker ended the connection because of that: without it more may be known
 */
async function askThere(
  probe: Probe,
  questions: BrokerQuestions,
  isStatusRead: boolean,
): Promise<Omit<BrokerFacts, 'sight' | 'clientId' | 'answers'> | undefined> {
  const { filters, statusTopic, publish, echoes = [] } = questions;
  const { connection } = probe;
  if (connection?.state !== 'connected') {
    return withConnection({ subscriptions: [], echoes: [] }, connection);
  }
  const retained = probe.watch(({ topic, retained: kept }) => kept && topic === statusTopic);
  const isReading = isStatusRead && statusTopic !== undefined;
  const wanted = [...filters, ...(isReading ? [statusTopic] : [])];
  const answers =
    wanted.length === 0 ? new Map<string, Subscription>() : await probe.subscribe(wanted);
  if (isReading && probe.isOver) return undefined;
  if (isReading) await retained.wait(RETAINED_WITHIN_MS);

  const status = retained.found;
  const message =
    publish ?? (statusTopic === undefined ? undefined : sameAgain(statusTopic, status));
  const all = [...(message ? [message] : []), ...echoes];
  const heard = await askForEchoes(probe, all, wanted.length > 0);
  const publication = message && heard.shift();
  return {
    connection,
    subscriptions: filters.map((filter) => ({ filter, outcome: answers.get(filter) })),
    echoes: heard,
    ...(status ? { status: Buffer.from(status.payload).toString('utf8') } : {}),
    ...(publication ? { publication } : {}),
  };
}

async function askApart(
  probe: Probe,
  { filter, echo }: NonNullable<BrokerQuestions['apart']>,
): Promise<BrokerFacts['apart']> {
  if (probe.connection?.state !== 'connected') return undefined;
  const outcome = (await probe.subscribe([filter])).get(filter);
  const subscription = outcome ?? (probe.isOver ? 'ended' : undefined);
  const [answer] = await askForEchoes(probe, [echo], subscription === 'granted');
  return answer && { subscription, echo: answer };
}

/**
 * The status as it stands, without the retain flag: what the broker keeps stays as it is, and who
 * watches reads the same once more. Where there is none to repeat, nobody is told a state.
 */
function sameAgain(topic: string, status: { readonly payload: Uint8Array } | undefined) {
  return { topic, payload: status?.payload ?? '{"probe":"vallumd doctor"}', qos: 1 as const };
}

function withConnection<Facts>(facts: Facts, connection: ConnectionState | undefined) {
  return { ...facts, ...(connection ? { connection } : {}) };
}
