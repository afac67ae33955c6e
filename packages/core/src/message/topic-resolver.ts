import { resolveTopic, type TopicResolution } from './resolve-topic.js';
import type { Binding } from './topic.js';

/** `resolveTopic` for one set of bindings; remembers the last topic, on which thousands follow. */
export class TopicResolver {
  readonly #bindings: readonly Binding[];
  #topic: string | undefined;
  #resolution: TopicResolution | undefined;

  constructor(bindings: readonly Binding[]) {
    this.#bindings = bindings;
  }

  resolve(topic: string): TopicResolution {
    if (this.#resolution === undefined || topic !== this.#topic) {
      this.#topic = topic;
      this.#resolution = resolveTopic(topic, this.#bindings);
    }
    return this.#resolution;
  }
}
