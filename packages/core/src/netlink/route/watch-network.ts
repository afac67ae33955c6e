import type { Clock } from '../../system/clock.js';
import { listenToEvents } from '../event-socket.js';
import type { LibC } from '../libc.js';
import {
  NETLINK_ROUTE,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_LINK,
  RTNLGRP_NEXTHOP,
} from './linux-rtnetlink.js';

/** Links too: the routes of one that goes down vanish without an event of their own. */
const GROUPS = [
  ...[RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
  ...[RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_NEXTHOP],
];

/** Events come in bursts: bringing up an interface makes a dozen. */
const QUIET_MS = 50;
/** Where they never pause, as on a router that learns its routes. */
const LONGEST_MS = 1_000;
const REOPEN_MS = 1_000;

const OWN_ADDRESSES = [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR];

export interface WatchDeps {
  readonly clock: Clock;
  /** Addresses of interfaces alone. Default: all that `readNetwork` reads. */
  readonly only?: 'own-addresses';
  /** Opens the socket; default: `listenToEvents`. */
  readonly listen?: typeof listenToEvents;
}

/**
 * Calls back when an address, a route, a nexthop object or an interface came, went or changed, once
 * for a burst: when none has come for some 50 ms, after a second at the latest. Also where events were
 * lost, since something may have changed then.
 *
 * @param failed the socket cannot be opened again, and nothing is watched any more
 * @returns what stops it
 * @throws NetlinkError where the socket cannot be opened the first time
 */
export function watchNetwork(
  libc: LibC,
  changed: () => void,
  failed: (error: unknown) => void,
  { clock, only, listen = listenToEvents }: WatchDeps,
): () => void {
  let stopListening = (): void => undefined;
  let cancelReopening = (): void => undefined;
  const burst = new Burst(clock, changed);
  const groups = only === undefined ? GROUPS : OWN_ADDRESSES;
  const open = (): void => {
    stopListening = listen(libc, NETLINK_ROUTE, groups, {
      heard: () => {
        burst.add();
      },
      lost: () => {
        cancelReopening = clock.after(REOPEN_MS, () => {
          try {
            open();
          } catch (error) {
            failed(error);
            return;
          }
          // After the socket listens: what changes from now on is heard.
          changed();
        });
      },
    });
  };
  open();
  return () => {
    burst.cancel();
    cancelReopening();
    stopListening();
  };
}

/** Makes one call of many: when it has been quiet for a while, or has lasted long. */
class Burst {
  #cancelQuiet: (() => void) | undefined;
  #cancelLongest: (() => void) | undefined;
  #more = false;

  constructor(
    private readonly clock: Clock,
    private readonly over: () => void,
  ) {}

  add(): void {
    // The timer that runs serves all events: a million of them set two, not a million.
    if (this.#cancelQuiet !== undefined) {
      this.#more = true;
      return;
    }
    this.#cancelLongest = this.clock.after(LONGEST_MS, () => {
      this.#end();
    });
    this.#wait();
  }

  cancel(): void {
    this.#cancelQuiet?.();
    this.#cancelLongest?.();
    this.#cancelQuiet = undefined;
    this.#more = false;
  }

  #wait(): void {
    this.#more = false;
    this.#cancelQuiet = this.clock.after(QUIET_MS, () => {
      if (this.#more) this.#wait();
      else this.#end();
    });
  }

  #end(): void {
    this.cancel();
    this.over();
  }
}
