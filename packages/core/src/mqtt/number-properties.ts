import { readVariableByteInteger } from './variable-byte-integer.js';

/** Property identifiers and the types of their values: those that a kind of packet may have. */
export type PropertyKinds = Readonly<
  Record<number, 'byte' | 'uint16' | 'uint32' | 'integer' | 'string' | 'pair'>
>;

/**
 * Reads those properties that are numbers of a fixed length; the others are passed over.
 *
 * @param properties without their length
 * @returns the numbers by identifier, or the identifier of one that does not belong there
 * @throws RangeError where they end early
 */
export function readNumberProperties(
  properties: Buffer,
  kinds: PropertyKinds,
): ReadonlyMap<number, number> | { readonly unknown: number } {
  const numbers = new Map<number, number>();
  let at = 0;
  // A number that ends early makes Buffer throw.
  const skipString = () => (at += 2 + properties.readUInt16BE(at));
  while (at < properties.length) {
    const property = properties.readUInt8(at);
    at += 1;
    switch (kinds[property]) {
      case 'byte':
        numbers.set(property, properties.readUInt8(at));
        at += 1;
        break;
      case 'uint16':
        numbers.set(property, properties.readUInt16BE(at));
        at += 2;
        break;
      case 'uint32':
        numbers.set(property, properties.readUInt32BE(at));
        at += 4;
        break;
      case 'integer':
        at = readVariableByteInteger(properties, at)?.end ?? properties.length + 1;
        break;
      case 'string':
        skipString();
        break;
      case 'pair':
        skipString();
        skipString();
        break;
      case undefined:
        return { unknown: property };
    }
  }
  if (at > properties.length) throw new RangeError('a property ends early');
  return numbers;
}
