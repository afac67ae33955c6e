import { isServing, type NodeStatus } from './node-status.js';

/** What is known of the nodes of a topic, by their statuses. */
export interface FleetView {
  /** The broker has shown a status, whosever it is: those of the others can be read too. */
  readonly isShown: boolean;
  /** Up, and serving the topic. */
  readonly up: readonly string[];
  /** Not up; which topics they served their statuses do not say any more. */
  readonly down: readonly { readonly node: string; readonly state: string }[];
}

export function viewFleet(
  statuses: ReadonlyMap<string, NodeStatus>,
  topic: string,
  set: string,
): FleetView {
  const all = [...statuses.values()].sort((one, other) => (one.node < other.node ? -1 : 1));
  return {
    isShown: all.length > 0,
    up: all.filter((status) => isServing(status, topic, set)).map(({ node }) => node),
    down: all.filter(({ isUp }) => !isUp).map(({ node, state }) => ({ node, state })),
  };
}

const MOST_NAMED = 20;

/** Names in a sentence, `fw1, fw2 and 12 more`; escaped already or to be escaped by `show`. */
export function listNames(names: readonly string[], show: (name: string) => string): string {
  const shown = names.slice(0, MOST_NAMED).map(show).join(', ');
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${shown} and ${more.toString()} more` : shown;
}
