/** As much of JSON Schema 2020-12 as answers need. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
}

const text = (description?: string): Schema => ({
  type: 'string',
  ...(description === undefined ? {} : { description }),
});
const number = (description?: string): Schema => ({
  type: 'number',
  ...(description === undefined ? {} : { description }),
});
const count = (description?: string): Schema => ({
  type: 'integer',
  ...(description === undefined ? {} : { description }),
});
const flag = (description: string): Schema => ({ type: 'boolean', description });
const list = (items: Schema): Schema => ({ type: 'array', items });
const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** @param properties those whose names end with `?` may be missing */
export function object(properties: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(properties);
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, schema]) => [name.replace(/\?$/, ''), schema]),
    ),
    required: entries.flatMap(([name]) => (name.endsWith('?') ? [] : [name])),
    additionalProperties: false,
  };
}

const UNIX = 'Unix seconds';
const until: Schema = {
  description: 'Unix seconds, never, or default: as the set says',
  anyOf: [{ type: 'number' }, oneOf('never', 'default')],
};
const setState = oneOf(
  ...['unknown', 'ready', 'missing', 'unsupported-type', 'permission-denied', 'unavailable'],
);

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Status: object({
    ...{ node: text(), version: text(), backend: text(), keeper: flag('It enforces nothing') },
    ...{ startedAt: count(UNIX), now: count(UNIX) },
    broker: object({
      state: oneOf('none', 'connecting', 'connected', 'disconnected', 'refused'),
      'address?': text('Without user name and password'),
      'since?': count(UNIX),
      'detail?': text('Why it is not connected'),
      connections: count('How often it was connected to, since the start'),
      'lagMs?': number('Milliseconds that a message of this node to itself took there and back'),
      'queues?': object({
        incoming: ref('Queue'),
        'outgoing?': ref('Queue'),
      }),
    }),
    sets: list(ref('Set')),
    ledgers: list(
      object({
        ...{ topic: text(), set: text() },
        digest: text('16 hexadecimal digits, equal on two nodes exactly when their leases are'),
        'heard?': flag('What it says to the others comes back; missing: not known yet'),
        'agreedAtUnix?': number('When another node was last heard to hold the same'),
        differing: count('Nodes whose digest is another'),
        'pulling?': text('The node that is being compared with'),
        ...{ taken: count('From others, since the start'), given: count('To others') },
      }),
    ),
    'protection?': object({
      topic: text("Of the fleet's protect list"),
      entries: count('Addresses and prefixes that it protects here'),
      refused: count('Leases that protect nothing: too wide, or too many'),
      'allowed?': flag('The broker lets this node take part; missing: not known yet'),
    }),
    'lastMessageAt?': count(UNIX),
    'lastRepairAt?': count(UNIX),
    latest: list(ref('Event')),
    attention: list(
      object({
        level: oneOf('critical', 'warning', 'unknown'),
        message: text(),
        'remedy?': text('What to type'),
        'about?': oneOf('broker'),
      }),
    ),
  }),
  Queue: object({ messages: count(), bytes: count() }),
  Set: object({
    ...{ set: text(), state: setState, 'detail?': text('Why it cannot be used') },
    bans: count('Those that it holds or is to hold'),
    pending: count('Of bans: those that the kernel set does not hold yet'),
    waiting: count('Of pending: those that found the set full'),
    refused: count('Bans of the ledger that are not enforced here'),
    refusals: list(object({ code: text(), count: count(), 'example?': text() })),
    drift: object({ added: count(), deleted: count() }),
    'uncompared?': text('Why it could not be compared when last tried; missing: it could'),
    'policy?': { type: 'object', additionalProperties: true },
    'observed?': count('Bans that would be in it, were it not only observed'),
    ...{ 'type?': text(), 'family?': text(), 'entries?': count(), 'maxEntries?': count() },
    'references?': count('Rules that refer to it'),
    'dropped?': object({ packets: count(), bytes: count() }),
  }),
  Reconciled: object({
    node: text(),
    sets: list(
      object({
        set: text(),
        added: count('Bans that it lacked, and holds now'),
        deleted: count('Entries of no ban, such as of one that is over, that were taken out'),
        failed: count('Changes that the kernel refused'),
        'failure?': text('What it said to the first of them'),
        pending: count('Bans that it does not hold yet'),
        waiting: count('Of pending: those that found the set full'),
        'uncompared?': text('Why it could not be compared; missing: it was'),
      }),
    ),
  }),
  Event: object({
    id: count('Rising by one; a gap tells a watcher that it was too slow'),
    time: text('ISO 8601'),
    level: oneOf('error', 'warning', 'info'),
    ...{ event: text(), message: text() },
    'fields?': { type: 'object', additionalProperties: true },
  }),
  Lease: object({
    ...{ set: text(), address: text(), kind: oneOf('lease', 'withdrawal', 'sweep') },
    origin: text('Empty: anonymous'),
    'until?': until,
    live: flag('It has not ended'),
    stampMs: number('When it was asked for, Unix milliseconds'),
    ownStamp: flag("The stamp is this node's own"),
    'reason?': text(),
    'policy?': text(
      "In a list: what the policy of the set makes of the address's ban on this node",
    ),
  }),
  Leases: object({ leases: list(ref('Lease')), more: flag('There are more than this page') }),
  Why: object({
    address: text(),
    blocked: flag('A kernel set holds it, or a prefix around it'),
    'protected?': object({
      ...{ address: text(), because: text() },
      'leases?': list(ref('Lease')),
    }),
    standings: list(
      object({
        ...{ set: text(), address: text(), relation: oneOf('same', 'around', 'inside', 'beside') },
        'topics?': list(text('A topic prefix by which bans come into the set')),
        records: list(ref('Lease')),
        'until?': until,
        'enforcement?': object({
          state: oneOf('enforced', 'held-by-other', 'pending', 'refused'),
          ...{ 'kernelSet?': text(), 'code?': text(), 'detail?': text() },
        }),
      }),
    ),
    more: count('Those inside that are not told'),
  }),
  Top: object({
    by: oneOf('origin', 'network'),
    rows: list(object({ name: text(), bans: count() })),
  }),
  History: object({
    from: number(UNIX),
    step: count('Seconds'),
    ...{ bans: list(count()), unbans: list(count()), refusals: list(count()) },
    drops: list(count('Packets that rules with a counter have dropped')),
  }),
  Fleet: object({
    nodes: list(
      object({
        state: oneOf('up', 'offline', 'stopped', 'silent', 'unknown'),
        ...{ node: text(), 'version?': text(), 'backend?': text(), 'startedAt?': number(UNIX) },
        'since?': count('Since when it is offline or stopped: Unix seconds'),
        'sinceAtLeast?': flag('It may have been so before: the broker does not tell'),
        'lastSeen?': count('When something of it last came here; missing: not since the start'),
        'answeredMs?': number('Milliseconds from the question to its answer, through the broker'),
        'lagMs?': number('Milliseconds that a message of it to itself took there and back'),
        'needs?': object({ critical: count('What needs a hand there'), warning: count() }),
        sets: list(
          object({
            ...{ set: text(), state: text(), bans: count(), pending: count(), refused: count() },
            ...{ 'digest?': text(), 'agrees?': flag('It holds what this node holds') },
            'more?': count('Addresses more, or fewer, than this node has, where it differs'),
            'agreedAt?': number('When it last found that another node held the same'),
          }),
        ),
      }),
    ),
    'trouble?': text('Why the others could not be asked'),
  }),
  Health: object({ status: oneOf('ok', 'failing'), reasons: list(text()) }),
  Alive: object({ alive: flag('Always') }),
  Error: object({ error: text('A sentence'), 'code?': text() }),
};
