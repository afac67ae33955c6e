// What intervals are counted with stands with the addresses: there is one way to make numbers of them.
export {
  after,
  before,
  bytesOf,
  intervalOf,
  isPrefixStart,
  lastOfPrefix,
  lastPosition,
  positionAt,
  positionOf,
  prefixesOf,
  writePosition,
  type Interval,
  type Position,
  type Prefix,
} from '../../address/position.js';
