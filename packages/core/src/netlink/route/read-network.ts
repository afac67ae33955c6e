import { NetlinkConnection } from '../connection.js';
import { dump } from '../dump.js';
import { describeErrno, EAFNOSUPPORT, EOPNOTSUPP } from '../errno.js';
import { NetlinkError } from '../error.js';
import type { LibC } from '../libc.js';
import { NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST } from '../linux-netlink.js';
import { MessageWriter } from '../message-writer.js';
import { NetlinkSocket } from '../socket.js';
import { decodeAddress } from './decode-address.js';
import { decodeLink } from './decode-link.js';
import { visitGateways, visitNextHopObject, type VisitGateway } from './decode-route.js';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IFADDRMSG_LENGTH,
  IFINFOMSG_LENGTH,
  NETLINK_ROUTE,
  NHMSG_LENGTH,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETNEXTHOP,
  RTM_GETROUTE,
  RTMSG_LENGTH,
} from './linux-rtnetlink.js';
import type { NetworkFact } from './network-fact.js';

export interface Network {
  /** Each address once a kind, as long as its interface stays the same. */
  readonly facts: readonly NetworkFact[];
  /** Names of interfaces by their index. */
  readonly links: ReadonlyMap<number, string>;
}

/** Without these there is less to find, and nothing is wrong: no IPv6, a kernel before 5.3. */
const NOT_HERE: readonly number[] = [EOPNOTSUPP, EAFNOSUPPORT];

/**
 * Asks the kernel for all addresses of all interfaces and the gateways of all routing tables and
 * nexthop objects. Needs no privileges. Lets the event loop breathe: a router has a million routes.
 *
 * Every object of `ip nexthop` counts, also one that no route uses yet: it is one change away.
 *
 * @throws NetlinkError where it cannot be asked, or refuses
 */
export async function readNetwork(libc: LibC): Promise<Network> {
  const connect = (): NetlinkConnection =>
    new NetlinkConnection(new NetlinkSocket(libc, NETLINK_ROUTE));
  const links = new Map<number, string>();
  const facts = new Map<string, NetworkFact>();
  const add = (fact: NetworkFact): void => {
    facts.set(keyOf(fact.kind, fact.bytes, fact.index), fact);
  };
  const addGateway: VisitGateway = (bytes, index) => {
    const key = keyOf('gateway', bytes, index);
    // A million routes have few gateways: only those are copied.
    if (!facts.has(key)) facts.set(key, { kind: 'gateway', bytes: bytes.slice(), index });
  };

  await list(connect, RTM_GETLINK, AF_UNSPEC, IFINFOMSG_LENGTH, (payload) => {
    const { index, name } = decodeLink(payload);
    links.set(index, name);
  });
  await readAddresses(connect, add);
  for (const family of [AF_INET, AF_INET6]) {
    await list(connect, RTM_GETROUTE, family, RTMSG_LENGTH, (payload) => {
      visitGateways(payload, addGateway);
    });
  }
  await list(connect, RTM_GETNEXTHOP, AF_UNSPEC, NHMSG_LENGTH, (payload) => {
    visitNextHopObject(payload, addGateway);
  });
  return { facts: [...facts.values()], links };
}

/**
 * The addresses of this host's own interfaces alone, which costs nothing to speak of on any router.
 *
 * @throws NetlinkError as `readNetwork`
 */
export async function readOwnAddresses(libc: LibC): Promise<NetworkFact[]> {
  const facts: NetworkFact[] = [];
  await readAddresses(
    () => new NetlinkConnection(new NetlinkSocket(libc, NETLINK_ROUTE)),
    (fact) => {
      if (fact.kind === 'own') facts.push(fact);
    },
  );
  return facts;
}

async function readAddresses(
  connect: () => NetlinkConnection,
  add: (fact: NetworkFact) => void,
): Promise<void> {
  for (const family of [AF_INET, AF_INET6]) {
    await list(connect, RTM_GETADDR, family, IFADDRMSG_LENGTH, (payload) => {
      decodeAddress(payload).forEach(add);
    });
  }
}

/** What an attempt read that had to begin again stays: an address too many is no harm. */
async function list(
  connect: () => NetlinkConnection,
  type: number,
  family: number,
  headerLength: number,
  read: (payload: Uint8Array) => void,
): Promise<void> {
  const header = new Uint8Array(headerLength);
  header[0] = family;
  const outcome = await dump<never>(
    connect,
    (sequence) => {
      const writer = new MessageWriter(64);
      writer.start({ type, flags: NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP, sequence });
      writer.append(header);
      writer.end();
      return writer.bytes();
    },
    ({ payload }) => {
      read(payload);
    },
  );
  if (outcome.ok || NOT_HERE.includes(outcome.refusal.errno)) return;
  const { errno } = outcome.refusal;
  throw new NetlinkError(
    `the kernel does not list its network: ${describeErrno(errno)}`,
    'read the network',
    errno,
  );
}

function keyOf(kind: string, bytes: Uint8Array, index: number): string {
  return `${kind} ${index} ${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')}`;
}
