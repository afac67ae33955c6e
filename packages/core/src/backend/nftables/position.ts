// What intervals are counted with stands with the addresses: there is one way to make numbers of them.
export {
  after,
  before,
  bytesOf,
  intervalOf,
  lastPosition,
  positionOf,
  prefixesOf,
  type Interval,
  type Position,
} from '../../address/position.js';
