import {
  createVallum,
  systemClock,
  type SetInfo,
  type Vallum,
  type VallumOptions,
  type VallumStatus,
} from '@vallum/core';
import type { Finding } from '@vallum/doctor';
import { createMqttTransport, type MqttOptions } from '@vallum/core/mqtt';
import { announce } from './announce.js';
import { createBackend } from './backend.js';
import { Contact } from './contact/contact.js';
import { readContactFile, writeContactFile } from './contact/contact-file.js';
import { EventFeed } from './control/event-feed.js';
import { gatherStatuses } from './control/gather-statuses.js';
import { openControl } from './control/open-control.js';
import { openPort } from './control/open-port.js';
import { ViewedNode } from './control/view-node.js';
import { deliverEvents } from './deliver-events.js';
import { cheapChecks } from './doctor/cheap-checks.js';
import { startWatch, type Watch } from './doctor/watch.js';
import type { EmbeddedBroker } from './embedded-broker/start-embedded-broker.js';
import { HoldBack } from './hold-back.js';
import type { Log } from './log.js';
import type { Manner } from './manner.js';
import type { Settings } from './settings.js';
import type { NodeObserver } from './service/observe-node.js';
import { openStore } from './open-store.js';
import { compareNow } from './reconcile/compare-now.js';
import type { ComparedSet } from './reconcile/compared-set.js';
import { ownAddresses } from './status/own-addresses.js';
import { lastWill, STATUS_KEPT_SECONDS, statusTopic } from './status/status-messages.js';
import { StatusPublisher } from './status/status-publisher.js';
import { turnNowMs } from './turn-clock.js';
import { version } from './version.js';

const STATUSES_WITHIN_MS = 1_000;
const HOLD_BACK_MS = 60_000;
const CHECK_EVERY_MS = 5 * 60_000;
/** First the broker: starting a program holds up a process with a large ledger for tens of milliseconds. */
const FIRST_CHECK_MS = 1_000;
/** Bans that wait for the kernel: a set is being filled. */
const MANY_PENDING = 1_000;

/** A running vallumd without its signals: the parts, put together. */
export interface RunningNode {
  reconfigure(live: Settings['live']): Promise<void>;
  /** Compares every kernel set with the ledger, and the ledger with those of other nodes, now. */
  reconcile(): Promise<readonly ComparedSet[]>;
  /** Tells the broker and leaves it; sets stay as they are. */
  stop(): Promise<void>;
}

/** @throws VallumError where it cannot start at all; what may heal by itself is logged instead */
export async function startNode(
  settings: Settings,
  logged: Log,
  observer?: NodeObserver,
): Promise<RunningNode> {
  const feed = new EventFeed(turnNowMs);
  const log: Log = {
    ...logged,
    write(entry) {
      feed.add(entry);
      logged.write(entry);
    },
  };
  const warn = (message: string, event = 'warning') => {
    log.write({ level: 'warning', event, message });
  };
  const holdBack = new HoldBack({
    write: (entry) => {
      log.write(entry);
    },
    nowMs: () => Date.now(),
    windowMs: HOLD_BACK_MS,
  });
  const counting = setInterval(() => {
    holdBack.flush();
  }, HOLD_BACK_MS / 4);
  counting.unref();

  let { live } = settings;
  // A stable name and a persistent session: what is sent while this node is away waits for it.
  const clientId = settings.mqtt.clientId ?? `vallumd-${settings.node}`;
  let broker: EmbeddedBroker | undefined;
  if (settings.listen) {
    const { address, certificate } = settings.listen;
    const { host, port } = address;
    const { username, password } = settings.mqtt;
    const { startEmbeddedBroker } = await import('./embedded-broker/start-embedded-broker.js');
    broker = await startEmbeddedBroker({
      ...address,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(certificate === undefined ? {} : { certificate }),
      bindings: () => live.topics,
      ownClientId: clientId,
      complain: (event, message) => {
        holdBack.write(event, 10, { level: 'warning', event, message });
      },
    });
    const tls = certificate === undefined ? '' : ' with TLS';
    log.write({
      level: 'info',
      event: 'listening',
      message: `the embedded broker listens on ${host} port ${port.toString()}${tls}; it keeps nothing over a restart`,
      fields: { host, port },
    });
  }

  const mqtt =
    broker && settings.listen?.isOwnBroker === true
      ? throughMemory(settings.mqtt, broker)
      : settings.mqtt;
  /** Beside the node's own connection, and without its session. */
  const fleetClient = { ...mqtt, clientId: `${clientId}-fleet`, cleanSession: true };
  const head = { node: settings.node, version, since: unixNow() };
  const transport = createMqttTransport({
    ...mqtt,
    clientId,
    cleanSession: false,
    ...(settings.publishStatus
      ? {
          will: {
            ...{ topic: statusTopic(settings.node), retain: true, qos: 1 },
            expirySeconds: STATUS_KEPT_SECONDS,
            payload: () => lastWill(head, unixNow()),
          },
        }
      : {}),
  });
  let vallum: Vallum | undefined;
  const later: { watch?: Watch; view?: ViewedNode; findings: readonly Finding[] } = {
    findings: [],
  };
  let folder: string | undefined;
  const store = await openStore({
    ...{ folder: settings.stateFolder, node: settings.node, warn },
    opened: (ours) => {
      folder = ours;
    },
  });
  const contact = new Contact({
    clock: systemClock,
    write: (entry) => {
      log.write(entry);
    },
    kept: folder === undefined ? undefined : await readContactFile(folder),
    keep: async (record) => {
      if (folder !== undefined) await writeContactFile(folder, record);
    },
    repair: settings.repair,
    isOwnBroker: settings.listen?.isOwnBroker === true,
    changed: () => status?.changed(),
  });
  const status = settings.publishStatus
    ? new StatusPublisher({
        ...head,
        publish: (message) => transport.publish(message),
        read: () =>
          later.view && {
            ...later.view.statusFacts(),
            ...{ contact: contact.record, addresses: ownAddresses() },
          },
        ...{ clock: systemClock, random: Math.random },
        forbidden: (sentence) => {
          warn(sentence, 'status-forbidden');
        },
      })
    : undefined;

  const logging = announce({
    write: (entry) => {
      log.write(entry);
    },
    holdBack,
    entries: settings.logEntries,
    creating: () => live.create !== undefined,
    manner: mannerOf(settings),
  });
  const backend = await createBackend(settings.backend, log);
  try {
    vallum = await createVallum({
      ...inTermsOfCore(settings.live),
      backend,
      transport,
      ...(store ? { store } : {}),
      reportEntries: settings.logEntries,
      rememberSeconds: settings.rememberSeconds,
      ...(settings.repair ? { repair: { node: settings.node } } : {}),
      protection: protectionOf(settings),
      answers: {
        node: settings.node,
        describe: () => later.view?.describe() ?? {},
        enforces: settings.backend.name !== 'memory' && settings.backend.name !== 'dry-run',
      },
      limits: { registers: settings.maxLeases },
      listeners: deliverEvents({
        log: logging,
        status,
        contact,
        observer,
        setChanged: () => later.watch?.soon(),
        read: () => vallum?.status(),
      }),
    });
  } catch (error) {
    clearInterval(counting);
    await transport.close();
    await broker?.close();
    throw error;
  }
  const running = vallum;
  const check = cheapChecks({
    topics: () => live.topics,
    settings,
    // The node has looked in the last seconds: to count a set with a million timeouts keeps the kernel, and so
    // this process, from every ban for 24 ms, just when programs are started beside it.
    inspect: async (set) => knownInfo(running.status(), set) ?? backend.inspect(set),
  });
  const watch = startWatch({
    check: async () => {
      later.findings = await check();
      status?.changed();
      return later.findings;
    },
    write: (entry) => {
      log.write(entry);
    },
    clock: systemClock,
    everyMs: CHECK_EVERY_MS,
    firstMs: FIRST_CHECK_MS,
    isBusy: () =>
      running
        .status()
        .sets.some(({ state, pending }) => state === 'ready' && pending > MANY_PENDING),
  });
  later.watch = watch;
  observer?.status(running.status());
  const reconcile = async () => {
    const compared = await compareNow(running, log);
    contact.acknowledge();
    return compared;
  };
  const view = new ViewedNode({
    ...{ node: settings.node, version, keeper: settings.keeper, backend: settings.backend.name },
    ...{ vallum: running, feed, reconcile, nowMs: turnNowMs },
    ...(backend.drops === undefined ? {} : { drops: backend.drops.bind(backend) }),
    brokerAddress: describeBroker(settings.mqtt),
    sets: () => [...new Set(live.topics.map(({ set }) => set))],
    contact: () => contact.record,
    findings: () => later.findings,
    statuses: () => gatherStatuses(() => createMqttTransport(fleetClient), STATUSES_WITHIN_MS),
  });
  later.view = view;
  // It may have been connected before there was anything to tell.
  if (running.status().connection === 'connected') status?.connected();
  const port = await openPort(view, settings.http, (level, message) => {
    log.write({ level, event: 'http', message });
  });
  const control = await openControl({
    ...{
      view,
      path: settings.controlPath,
      stateFolder: folder,
      warn,
      metrics: port && (() => port.metrics()),
    },
  });
  return {
    reconcile,
    async reconfigure(next) {
      await running.reconfigure(inTermsOfCore(next));
      live = next;
      log.restyle(next.log);
      status?.changed();
      watch.soon();
    },
    async stop() {
      clearInterval(counting);
      watch.stop();
      await port?.close();
      await control?.close();
      holdBack.flush(true);
      await status?.stop();
      await running.close();
      await contact.stop();
      await broker?.close();
    },
  };
}

function protectionOf({
  node,
  protection,
}: Settings): Exclude<VallumOptions['protection'], undefined> {
  if (!protection.keeps) return false;
  // What an earlier run has announced is withdrawn where this one is not to.
  const own = protection.announces ? {} : ({ ownAddresses: false } as const);
  return { announceAs: `vallumd:${node}`, ...own };
}

function knownInfo({ sets }: VallumStatus, set: string): SetInfo | undefined {
  const state = sets.find((one) => one.set === set);
  return state?.state === 'ready' ? state.info : undefined;
}

/** Without user name and password. */
function describeBroker({ url, host, port }: MqttOptions): string | undefined {
  if (host !== undefined) return port === undefined ? host : `${host}:${port.toString()}`;
  if (url === undefined) return undefined;
  const { protocol, host: place, pathname } = new URL(url);
  return `${protocol}//${place}${pathname === '/' ? '' : pathname}`;
}

function mannerOf({ keeper, backend }: Settings): Manner {
  if (keeper) return 'remembers';
  return backend.name === 'dry-run' ? 'pretends' : 'enforces';
}

/** The broker of this process asks nothing of its own client: no password, no certificate. */
function throughMemory(mqtt: MqttOptions, broker: EmbeddedBroker): MqttOptions {
  const { host, port, keepaliveSeconds } = mqtt;
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(keepaliveSeconds === undefined ? {} : { keepaliveSeconds }),
    // aedes knows no MQTT 5.
    protocolVersion: 4,
    deps: { connect: () => broker.connect() },
  };
}

function inTermsOfCore({ topics, policy, policies, create }: Settings['live']) {
  return { topics, policy, policies, ...(create ? { create } : {}) };
}

function unixNow(): number {
  return Math.floor(Date.now() / 1000);
}
