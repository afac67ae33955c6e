// What may import what. In core arrows point one way, down the list of stations (docs: the data's
// path): nothing below knows what is above it. Ports stand below whoever uses them.
import { fileURLToPath } from 'node:url';
import boundaries from 'eslint-plugin-boundaries';

const core = 'packages/core/src';
const portFiles = [
  ...['backend', 'apply-in-columns', 'change-columns', 'check-set-name', 'list-members'],
];

/** The stations of core, each file in one, the lowest first: no two of the patterns overlap. */
const stations = {
  words: `${core}/words/**`,
  system: `${core}/system/**`,
  transport: `${core}/transport/**`,
  netlink: `${core}/netlink/**`,
  address: `${core}/address/**`,
  message: `${core}/message/!(index).ts`,
  lease: `${core}/lease/**`,
  ledger: `${core}/ledger/**`,
  journal: `${core}/journal/**`,
  // The interface, and what its callers need beside it.
  'backend-port': `${core}/backend/{${portFiles.join(',')}}.ts`,
  policy: `${core}/policy/**`,
  plan: `${core}/plan/**`,
  backend: `${core}/backend/{!(${[...portFiles, 'index'].join('|')}).ts,*/**}`,
  mqtt: `${core}/mqtt/**`,
  enforce: `${core}/enforce/**`,
  share: `${core}/share/**`,
  node: `${core}/node/**`,
  testing: `${core}/testing/**`,
  face: [`${core}/*.ts`, `${core}/{backend,message}/index.ts`],
};

/** What each station may know beside itself. */
const knows = {
  words: [],
  system: ['words'],
  transport: ['words'],
  netlink: ['words', 'system'],
  address: ['words'],
  message: ['words', 'address'],
  lease: ['words', 'address', 'message'],
  ledger: ['words', 'system', 'address', 'message', 'lease'],
  journal: ['words', 'system', 'address', 'message', 'lease', 'ledger'],
  'backend-port': ['words', 'system', 'address'],
  policy: [
    ...['words', 'system', 'netlink', 'address', 'message', 'lease', 'ledger', 'backend-port'],
  ],
  plan: ['words', 'system', 'address', 'message', 'lease', 'ledger', 'policy', 'backend-port'],
  backend: ['words', 'system', 'netlink', 'address', 'backend-port'],
  mqtt: ['words', 'system', 'address', 'message', 'transport'],
  // Takes a backend and a transport as it gets them: knows the ports, no implementation.
  enforce: [
    ...['words', 'system', 'address', 'message', 'lease', 'ledger', 'journal', 'policy', 'plan'],
    ...['backend-port'],
  ],
  // Leases between nodes: what is done with them is for whoever puts it together.
  share: ['words', 'system', 'address', 'message', 'lease', 'ledger', 'transport'],
  node: [
    ...['words', 'system', 'address', 'message', 'lease', 'ledger', 'journal', 'policy', 'plan'],
    ...['backend-port', 'transport', 'enforce', 'share'],
  ],
  testing: [
    ...['words', 'system', 'address', 'message', 'lease', 'ledger', 'journal', 'policy'],
    ...['backend-port', 'backend', 'transport', 'enforce', 'share', 'node'],
  ],
  // @vallum/core, …/backend and …/protocol: nothing inside of core imports them. None brings MQTT,
  // which only @vallum/core/mqtt does.
  face: [
    ...['words', 'system', 'address', 'message', 'lease', 'ledger', 'journal', 'policy', 'plan'],
    ...['backend-port', 'backend', 'transport', 'enforce', 'share', 'node'],
  ],
};

/** What each package may import of the others; tests may import any, and so may e2e. */
const packages = {
  core: [],
  options: ['@vallum/core'],
  doctor: ['@vallum/core', '@vallum/options'],
  page: [],
  daemon: ['@vallum/core', '@vallum/options', '@vallum/doctor', '@vallum/page'],
  'publish-cli': ['@vallum/core', '@vallum/options', '@vallum/doctor'],
  'fail2ban-action': [],
  'test-kit': [],
  examples: ['@vallum/core'],
  e2e: [],
  packaging: [],
};
const outside = ['examples', 'e2e', 'packaging'];
const folderOf = (name) => (outside.includes(name) ? name : `packages/${name}`);

/** Node's modules that reach the world: elsewhere the world comes in through `deps`. */
const world = [
  ...['child_process', 'cluster', 'dgram', 'dns', 'fs', 'http', 'http2', 'https', 'net', 'os'],
  ...['tls', 'worker_threads'],
];
const worldly = ['system', 'mqtt', 'netlink'];

const inPackage = (name) => ({ element: { type: name } });
const at = (names) => ({ file: { categories: { anyOf: names } } });
const tests = { file: { categories: 'test' } };
const external = (source) => ({ to: { module: { origin: 'external', source } } });
const builtin = (source) => ({ to: { module: { origin: 'core', source } } });
const modules = (names) => names.flatMap((name) => [name, `node:${name}`]);

export const boundaryRules = {
  name: 'vallum/boundaries',
  plugins: { boundaries },
  settings: {
    'import/resolver': {
      [fileURLToPath(new URL('resolve-source.cjs', import.meta.url))]: {},
    },
    'boundaries/root-path': fileURLToPath(new URL('..', import.meta.url)),
    'boundaries/dependency-nodes': ['import', 'export', 'dynamic-import', 'require'],
    'boundaries/legacy-templates': false,
    'boundaries/elements': Object.keys(packages).map((name) => ({
      type: name,
      pattern: folderOf(name),
      partialMatch: false,
    })),
    'boundaries/files': [
      ...Object.entries(stations).map(([category, pattern]) => ({ category, pattern })),
      { category: 'test', pattern: ['**/*.test.ts', '**/*.fixture.ts', '**/tests/**', 'e2e/**'] },
      { category: 'settings', pattern: '**/*.config.*' },
    ],
  },
  rules: {
    // The last policy that matches decides.
    'boundaries/dependencies': [
      'error',
      {
        default: 'disallow',
        checkAllOrigins: true,
        checkInternals: true,
        policies: [
          { allow: [external('*'), external('**'), builtin('*'), builtin('**')] },

          // Inside core by station, inside the others freely.
          ...Object.entries(knows).map(([station, others]) => ({
            from: at([station]),
            allow: { to: at([station, ...others]) },
          })),
          ...Object.keys(packages)
            .filter((name) => name !== 'core')
            .map((name) => ({ from: inPackage(name), allow: { to: inPackage(name) } })),
          { disallow: { to: tests }, message: 'what runs for users may not import a test' },

          // Between packages by name.
          {
            disallow: external('@vallum/**'),
            message: 'this package may not import {{to.module.source}}',
          },
          ...Object.entries(packages).flatMap(([name, others]) =>
            others.map((other) => ({ from: inPackage(name), allow: external(other) })),
          ),
          {
            disallow: external(['mqtt', 'mqtt-packet']),
            message: 'MQTT is spoken in core/src/mqtt only: use @vallum/core/mqtt',
          },
          { from: at(['mqtt']), allow: external(['mqtt', 'mqtt-packet']) },

          // The world, in core.
          {
            from: at(Object.keys(stations).filter((name) => !worldly.includes(name))),
            disallow: builtin(modules(world)),
            message: '{{to.module.source}} reaches the world: let it in through deps, from system/',
          },
          {
            // Pure, and the strictest parser of addresses there is.
            from: at(['address', 'message']),
            allow: {
              ...builtin(modules(['net'])),
              dependency: { specifiers: ['isIP', 'isIPv4', 'isIPv6'] },
            },
          },

          // Tests and settings look where they like, but not into another package's insides.
          {
            from: [tests, { file: { categories: 'settings' } }],
            allow: [external('*'), external('**'), builtin('*'), builtin('**')],
          },
          ...Object.keys(packages).map((name) => ({
            from: { ...inPackage(name), ...tests },
            allow: { to: inPackage(name) },
          })),
          // The whole chain borrows how a package's own tests set up its outside.
          { from: inPackage('e2e'), allow: { to: tests } },
        ],
      },
    ],
    'boundaries/no-unknown-files': 'error',
    'boundaries/no-unknown-dependencies': 'error',
  },
};
