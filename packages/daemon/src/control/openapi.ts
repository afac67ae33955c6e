import { ref, SCHEMAS, type Schema } from './openapi-schemas.js';

interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  readonly required?: boolean;
}

const parameter = (name: string, description: string, schema: Schema = { type: 'string' }) => ({
  ...{ name, in: 'query', description, schema },
});
const integer: Schema = { type: 'integer' };
const set = parameter('set', 'Of this set alone');
const json = (schema: Schema) => ({ 'application/json': { schema } });
const error = (description: string) => ({ description, content: json(ref('Error')) });

/** Of every question over the port; over the socket neither. */
const OF_PORT = {
  401: { $ref: '#/components/responses/NoToken' },
  421: { $ref: '#/components/responses/OtherName' },
};

/** @param answer name of a schema, or the content by its type */
function get(
  summary: string,
  answer: string | Readonly<Record<string, { readonly schema: Schema }>>,
  parameters: readonly Parameter[] = [],
  more: Readonly<Record<string, unknown>> = {},
) {
  const content = typeof answer === 'string' ? json(ref(answer)) : answer;
  return {
    get: {
      summary,
      ...(parameters.length === 0 ? {} : { parameters }),
      responses: {
        200: { description: 'The answer', content },
        ...(parameters.length === 0 ? {} : { 400: error('The question cannot be answered') }),
        ...OF_PORT,
        ...more,
      },
    },
  };
}

const failing = { 503: { description: 'It fails', content: json(ref('Health')) } };
const text: Schema = { type: 'string' };

/** OpenAPI 3.1 of what the control socket and the port answer: docs/reference/openapi.json is made of it. */
export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'vallumd',
    version: '1',
    description:
      'What a node knows and does. Over the control socket, and with --http over a port, where nothing ' +
      'can be changed. Fields may be added; those that are there keep their meaning.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  components: {
    schemas: SCHEMAS,
    responses: {
      NoToken: error(
        'Over the port: the token of --http-token-file is not there, or not the right one',
      ),
      OtherName: error('Over the port: on loopback it answers to names of loopback alone'),
      NoChange: error('Over the port: it answers GET and HEAD alone'),
    },
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic' },
    },
  },
  security: [{}, { bearer: [] }, { basic: [] }],
  paths: {
    '/healthz': get('Whether bans are enforced', 'Health', [], failing),
    '/readyz': get('Whether new bans arrive as well', 'Health', [], failing),
    '/metrics': get('For Prometheus; with --http only', { 'text/plain': { schema: text } }),
    '/api/alive': get('Whether anybody answers', 'Alive'),
    '/api/status': get('As vallumd status --json', 'Status'),
    '/api/leases': get(
      'As vallumd list: a page, or with format=jsonl all, an object a line',
      { ...json(ref('Leases')), 'application/x-ndjson': { schema: ref('Lease') } },
      [
        set,
        parameter('origin', 'Those that this origin has asked for; web1.* for all that begin so'),
        parameter('since', 'Asked for at this moment or later, Unix seconds', { type: 'number' }),
        parameter('ending', 'Those that end by this moment, Unix seconds', { type: 'number' }),
        parameter('within', 'This prefix, and what lies inside'),
        parameter('all', 'Also what was withdrawn and what is over', { enum: ['true', 'false'] }),
        parameter('sort', 'Of all sets together; as the ledger has them unless given', {
          enum: ['address', 'until', 'since'],
        }),
        parameter('offset', 'How many are passed over', integer),
        parameter(
          'limit',
          'How many are wanted: 100 of a page unless given, 10,000 at most',
          integer,
        ),
        parameter('format', 'jsonl: lines in place of a page', { enum: ['jsonl'] }),
      ],
    ),
    '/api/why': get('As vallumd why --json', 'Why', [
      { ...parameter('address', 'An address or a prefix'), required: true },
      set,
    ]),
    '/api/top': get('As vallumd top', 'Top', [
      set,
      parameter('by', 'origin unless given', { enum: ['origin', 'network'] }),
      parameter('limit', 'How many rows: 1 to 1,000, 10 unless given', integer),
    ]),
    '/api/history': get('What happened in the last day, counted by steps', 'History', [
      parameter('seconds', 'How far back; 3,600 unless given, a day at most', integer),
      parameter(
        'step',
        'Of a step, in seconds; 60 unless given, rounded up to whole tens',
        integer,
      ),
    ]),
    '/api/fleet': get('As vallumd fleet --json: asks all nodes', 'Fleet'),
    '/api/events': get(
      'As vallumd watch: server-sent events; the data of each is an Event',
      { 'text/event-stream': { schema: ref('Event') } },
      [parameter('recent', 'Begin with so many of what has happened, 500 at most', integer)],
      { 503: error('Too many watch already') },
    ),
    '/api/reconcile': {
      post: {
        summary: 'Compares and mends now; over the control socket only',
        responses: {
          200: { description: 'What each set came to', content: json(ref('Reconciled')) },
          405: { $ref: '#/components/responses/NoChange' },
        },
      },
    },
    '/api/openapi.json': get('This description', json({ type: 'object' })),
  },
} as const;
