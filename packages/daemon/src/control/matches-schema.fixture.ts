import { SCHEMAS, type Schema } from './openapi-schemas.js';

/** Where a value differs from a schema, as far as ours use JSON Schema; [] where it does not. */
export function faultsOf(value: unknown, schema: Schema, place = ''): string[] {
  if (schema.$ref !== undefined) {
    const named = SCHEMAS[schema.$ref.replace('#/components/schemas/', '')];
    return named === undefined ? [`${place}: no ${schema.$ref}`] : faultsOf(value, named, place);
  }
  if (schema.anyOf !== undefined) {
    const isOne = schema.anyOf.some((one) => faultsOf(value, one).length === 0);
    return isOne ? [] : [`${place}: ${JSON.stringify(value)} is none of them`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return [`${place}: ${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`];
  }
  if (!isOfType(value, schema.type))
    return [`${place}: ${JSON.stringify(value)} is no ${String(schema.type)}`];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined
      ? []
      : value.flatMap((item, at) => faultsOf(item, items, `${place}[${at.toString()}]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = required
    .filter((name) => !(name in value))
    .map((name) => `${place}.${name}: missing`);
  return [
    ...missing,
    ...Object.entries(value).flatMap(([name, one]) => {
      const known = properties[name];
      if (known !== undefined) return faultsOf(one, known, `${place}.${name}`);
      return additionalProperties === false ? [`${place}.${name}: not described`] : [];
    }),
  ];
}

function isOfType(value: unknown, type: Schema['type']): boolean {
  switch (type) {
    case undefined:
      return true;
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}
