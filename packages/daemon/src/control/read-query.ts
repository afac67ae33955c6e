import type { LeasesOptions } from '@vallum/core';

/** What was asked for cannot be used: a sentence that names it. */
export class BadQuery extends Error {}

const ORDERS = ['address', 'until', 'since'] as const;
/** Of a page, unless the query says; what is longer is asked for as lines. */
export const PAGE = 100;
export const LONGEST_PAGE = 10_000;

/**
 * Reads which leases are wanted: `origin`, `since`, `ending`, `within`, `all`, `sort`, `offset`, `limit`.
 *
 * @throws BadQuery
 */
export function readLeasesQuery(query: URLSearchParams): LeasesOptions {
  const origin = query.get('origin');
  const within = query.get('within');
  const since = readTime(query, 'since');
  const endingBy = readTime(query, 'ending');
  const sort = query.get('sort');
  const order = ORDERS.find((known) => known === sort);
  if (sort !== null && order === undefined) {
    throw new BadQuery(`sort is ${JSON.stringify(sort)}; it is one of ${ORDERS.join(', ')}`);
  }
  return {
    ...(origin === null ? {} : { origin }),
    ...(within === null ? {} : { within }),
    ...(since === undefined ? {} : { since }),
    ...(endingBy === undefined ? {} : { endingBy }),
    ...(order === undefined ? {} : { sort: order }),
    ...(query.get('all') === 'true' ? { all: true } : {}),
    offset: readCount(query, 'offset') ?? 0,
  };
}

/** @throws BadQuery */
export function readCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new BadQuery(`${name} is ${JSON.stringify(text)}; it is a whole number`);
}

/** Unix seconds, with fractions or without. */
function readTime(query: URLSearchParams, name: string): Date | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return new Date(1000 * Number(text));
  throw new BadQuery(`${name} is ${JSON.stringify(text)}; it is a moment in Unix seconds`);
}
