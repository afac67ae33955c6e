import { VallumError } from '../words/errors.js';
import type { Clock } from '../system/clock.js';
import type {
  Acknowledgements,
  ConnectionState,
  OutgoingMessage,
  PublishOptions,
  QueueLength,
  Subscription,
  Transport,
  TransportHandlers,
  TransportMessage,
} from '../transport/transport.js';
import { Attempts } from './attempts.js';
import { BrokerTerms } from './broker-terms.js';
import type { Whereabouts } from './broker-socket.js';
import { checkOptions } from './check-options.js';
import { dialTone } from './dial-tone.js';
import type { Endpoint } from './endpoint.js';
import { errorMessage } from './error-code.js';
import { explainFailure } from './explain-failure.js';
import type { Explanation } from './explanation.js';
import { holdingClock } from './holding-clock.js';
import { Inbox } from './inbox.js';
import { CONNECT_TIMEOUT_MS, readLinkOptions, SESSION_SECONDS } from './link-options.js';
import type { Acceptance, Delivery, Link, LinkEnd, OpenLink } from './link.js';
import { LoopbackChoice } from './loopback-choice.js';
import type { MqttOptions } from './mqtt-options.js';
import { Outbox } from './outbox.js';
import { ProtocolChoice } from './protocol-choice.js';
import { quote } from './quote.js';
import { Subscriptions } from './subscriptions.js';
import type { TlsMaterial } from './tls-material.js';
import { trustOf } from './trust.js';
import { closed, invalid, unusable } from './transport-errors.js';
import { subscriptionFault, topicFault } from '../transport/topic-filter.js';

const DRAIN_MS = 5_000;
const REFUSED_FILTER_RETRY_MS = 60_000;
/**
 * Carries messages over an MQTT broker, over as many connections as it takes: chooses the protocol
 * version, connects again, subscribes anew, and keeps what is to be published. What a connection is
 * made of is the caller's choice.
 *
 * @throws VallumError `INVALID_ARGUMENT`, see `createMqttTransport`
 */
export class MqttTransport implements Transport {
  readonly #options: MqttOptions;
  readonly #openLink: OpenLink;
  readonly #endpoint: Endpoint;
  readonly #clientId: string;
  readonly #clock: Clock;
  readonly #attempts: Attempts;
  readonly #protocol: ProtocolChoice;
  readonly #loopback: LoopbackChoice;
  readonly #outbox: Outbox;
  readonly #terms: BrokerTerms;
  readonly #subscriptions: Subscriptions;
  #handlers: TransportHandlers | undefined;
  #inbox: Inbox | undefined;
  #link: Link | undefined;
  #heardBefore = 0;
  /** What the last connection was opened with. */
  #tls: TlsMaterial | undefined;
  #hadPassword = false;
  #lastFailure: Explanation | undefined;
  #cancelTimer: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MqttOptions, openLink: OpenLink) {
    this.#options = options;
    this.#openLink = openLink;
    ({ endpoint: this.#endpoint, clientId: this.#clientId } = checkOptions(options));
    this.#clock = options.deps?.clock ?? holdingClock;
    this.#attempts = new Attempts(options, this.#clientId, this.#clock);
    this.#protocol = new ProtocolChoice(options.protocolVersion);
    this.#loopback = new LoopbackChoice(this.#endpoint.host);
    this.#outbox = new Outbox(options.outbox);
    this.#terms = new BrokerTerms({
      broker: this.#endpoint.display,
      clock: this.#clock,
      warn: (text) => {
        this.#warn(text);
      },
    });
    this.#subscriptions = new Subscriptions({
      report: (filter, outcome) => this.#handlers?.subscription?.(filter, outcome),
      clock: this.#clock,
      isBusy: () => this.#isBusy(),
    });
  }

  open(handlers: TransportHandlers): void {
    if (this.#closing !== undefined) throw closed('mqtt open');
    if (this.#handlers !== undefined) throw invalid('the transport has been opened before', 'open');
    this.#handlers = handlers;
    this.#inbox = new Inbox({
      handle: (messages) => handOver(messages, handlers),
      ...(handlers.messages ? {} : { mostMessages: 1 }),
      onFault: (messages, error) => {
        const topics = [...new Set(messages.map(({ topic }) => quote(topic)))].join(', ');
        this.#warn(
          `a message on ${topics} could not be handled and is lost: ${quote(errorMessage(error))}`,
        );
      },
    });
    this.#connect();
  }

  subscribe(filters: readonly (string | Subscription)[]): void {
    for (const one of filters) {
      const subscription = typeof one === 'string' ? { filter: one } : one;
      const fault = subscriptionFault(subscription);
      if (fault !== undefined) {
        throw invalid(`${quote(subscription.filter)}: ${fault}`, 'subscribe');
      }
    }
    this.#subscriptions.want(filters);
  }

  async publish(message: OutgoingMessage, options?: PublishOptions): Promise<void> {
    if (this.#closing !== undefined) throw closed('mqtt publish');
    const fault = topicFault(message.topic);
    if (fault !== undefined) throw invalid(`${quote(message.topic)}: ${fault}`, 'publish');
    await this.#outbox.add(message, options);
  }

  get outbox(): QueueLength {
    return this.#outbox.load;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelTimer();
    this.#outbox.rejectAll(this.#unconfirmed());
    const link = this.#link;
    // What the handler holds is finished and acknowledged; what comes after stays with the broker.
    if (link?.isCurrent === true && this.#inbox !== undefined) {
      await Promise.race([this.#inbox.stop(), delay(DRAIN_MS)]);
    }
    await link?.close();
  }

  #connect(): void {
    this.#cancelTimer = () => undefined;
    void this.#dial();
  }

  async #dial(): Promise<void> {
    const known = this.#loopback.addresses;
    let addresses: readonly string[] | undefined;
    try {
      addresses = await dialTone({
        host: this.#endpoint.host,
        ...(known === undefined ? {} : { known }),
        ...(this.#options.deps?.resolve ? { resolve: this.#options.deps.resolve } : {}),
        resolveWithinMs: this.#connectTimeoutMs,
        // So that `close` ends the waiting, and with it what would hold the process.
        clock: { after: (ms, done) => (this.#cancelTimer = this.#clock.after(ms, done)) },
        dialling: this.#handlers?.dialling?.bind(this.#handlers),
        warn: (text) => {
          this.#warn(text);
        },
      });
    } catch (error) {
      this.#ended({ error, reached: 'nothing', accepted: false });
      return;
    }
    if (this.#closing !== undefined) return;
    const { address } = this.#loopback;
    this.#openAt({
      ...(address === undefined ? {} : { address }),
      ...(addresses === undefined ? {} : { addresses }),
    });
  }

  #openAt(whereabouts: Whereabouts): void {
    try {
      const linkOptions = readLinkOptions(
        this.#options,
        this.#endpoint,
        this.#clientId,
        this.#protocol.version,
        whereabouts,
      );
      this.#tls = linkOptions.tls;
      this.#hadPassword = linkOptions.password !== undefined && linkOptions.password !== '';
      const link: Link = this.#openLink(linkOptions, {
        accepted: (acceptance) => {
          this.#accepted(link, acceptance);
        },
        message: (delivery) => {
          this.#message(delivery);
        },
        refusedGiant: (topic, bytes) => {
          this.#terms.giant(topic, bytes);
        },
        ended: (end) => {
          this.#ended(end);
        },
      });
      this.#link = link;
    } catch (error) {
      // A password or certificate file that cannot be read just now.
      const code = 'credentials-unreadable';
      this.#retry({ state: 'refused', detail: unusable(error), code });
    }
  }

  #accepted(link: Link, acceptance: Acceptance): void {
    if (this.#closing !== undefined) return;
    this.#attempts.accepted();
    this.#lastFailure = undefined;
    const protocolVersion = this.#protocol.version;
    const { sessionPresent, brokerAddresses, sessionExpirySeconds } = acceptance;
    this.#emit({ state: 'connected', sessionPresent, protocolVersion, brokerAddresses });
    if (this.#options.cleanSession === false) {
      this.#terms.session(
        this.#options.sessionExpirySeconds ?? SESSION_SECONDS,
        sessionExpirySeconds,
      );
    }
    this.#heardBefore = link.heard;
    this.#subscriptions.connected(link);
    this.#outbox.connected((message, done) => {
      link.publish(message, done);
    }, link.receiveMaximum);
    this.#watchRefusedFilters();
  }

  /** An answer may stand behind messages that are still on their way, or with a slow handler. */
  #isBusy(): boolean {
    const heard = this.#link?.heard ?? 0;
    const more = heard !== this.#heardBefore;
    this.#heardBefore = heard;
    return more || this.#inbox?.isBusy === true;
  }

  #message(delivery: Delivery): void {
    if (this.#closing !== undefined) return;
    const { topic } = delivery.message;
    if (this.#subscriptions.isWanted(topic)) {
      this.#inbox?.deliver(delivery);
      return;
    }
    if (this.#subscriptions.stray(topic)) {
      this.#warn(
        `a message on ${quote(topic)} belongs to an old subscription of client id ` +
          `${quote(this.#clientId)}: it is ignored, and the subscription is taken back`,
      );
    }
    delivery.acknowledge();
    delivery.proceed();
  }

  #ended(end: LinkEnd): void {
    this.#cancelTimer();
    this.#link = undefined;
    this.#subscriptions.disconnected();
    const told = this.#loopback.learn(end);
    if (told === 'try the other') {
      if (this.#closing === undefined) this.#connectAtOnce();
      return;
    }
    const username = this.#options.username ?? this.#endpoint.username;
    const explained = explainFailure({
      ...told,
      broker: this.#endpoint.display,
      tls: this.#endpoint.tls,
      clientId: this.#clientId,
      connectTimeoutMs: this.#connectTimeoutMs,
      hasPassword: this.#hadPassword,
      nowUnix: this.#clock.nowMs() / 1000,
      ...(username === undefined ? {} : { username }),
      ...(this.#endpoint.tls ? { trust: trustOf(this.#options, this.#tls) } : {}),
    });
    const explanation = end.accepted ? this.#attempts.ended(explained) : explained;
    // Of a message that ends the connection each time it is not the client id that is to blame.
    this.#outbox.disconnected(explained.detail);
    if (this.#closing !== undefined) return;
    const before = this.#protocol.version;
    if (this.#protocol.learn(end.accepted, explanation.tryOlderProtocol)) {
      if (explanation.tryOlderProtocol === 'said') {
        this.#warn(`${this.#endpoint.display} refuses MQTT ${before}: trying MQTT 3.1.1`);
      }
      this.#connectAtOnce();
      return;
    }
    this.#retry(explanation);
  }

  get #connectTimeoutMs(): number {
    return this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  }

  #connectAtOnce(): void {
    this.#cancelTimer = this.#clock.after(0, () => {
      this.#connect();
    });
  }

  #retry(explanation: Explanation): void {
    this.#lastFailure = explanation;
    const retryInMs = this.#attempts.pauseMs(explanation.state === 'refused');
    this.#cancelTimer = this.#clock.after(retryInMs, () => {
      this.#connect();
    });
    const { state, detail, code } = explanation;
    this.#emit({ state, detail, code, retryInMs });
  }

  #watchRefusedFilters(): void {
    this.#cancelTimer = this.#clock.after(REFUSED_FILTER_RETRY_MS, () => {
      if (this.#subscriptions.anyRefused) this.#subscriptions.retryRefused();
      this.#watchRefusedFilters();
    });
  }

  #unconfirmed(): VallumError {
    const failure = this.#lastFailure;
    const where = this.#endpoint.display;
    return new VallumError(
      failure?.detail ??
        (this.#link?.isCurrent === true
          ? `${where} did not confirm the message before the connection was closed`
          : `${where} was not reached before the transport was closed`),
      {
        code: failure?.state === 'refused' ? 'BROKER_REFUSED' : 'BROKER_UNREACHABLE',
        operation: 'mqtt publish',
        ...(failure === undefined ? {} : { fault: failure.code }),
      },
    );
  }

  #emit(state: ConnectionState): void {
    this.#handlers?.connection(state);
  }

  #warn(text: string): void {
    this.#handlers?.warning?.(text);
  }
}

/** Together where the handlers can, else one after another. */
async function handOver(
  messages: readonly TransportMessage[],
  handlers: TransportHandlers,
): Promise<Acknowledgements> {
  if (handlers.messages) return handlers.messages(messages);
  for (const message of messages) await handlers.message(message);
  return [];
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
