// The reference of @vallum/core, made from its docstrings by TypeDoc: a page for each import path.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Application, Logger, LogLevel } from 'typedoc';
import { root } from './prepare.mjs';

const core = join(root, 'packages/core');
const MADE = '<!-- Made by npm run docs from the docstrings. Do not edit. -->';

/** What an import path is made from, and its page. */
const doors = [
  { path: '@vallum/core', source: 'index.ts', page: 'core', what: 'ban, unban, enforce' },
  { path: '@vallum/core/mqtt', source: 'mqtt/index.ts', page: 'mqtt', what: 'the way to a broker' },
  {
    path: '@vallum/core/mqtt/publish',
    source: 'mqtt/publish.ts',
    page: 'mqtt-publish',
    what: 'the same for programs that only send',
  },
  {
    path: '@vallum/core/backend',
    source: 'backend/index.ts',
    page: 'backend',
    what: 'writing a backend, or using one without the rest',
  },
  {
    path: '@vallum/core/protocol',
    source: 'message/index.ts',
    page: 'protocol',
    what: 'reading and writing messages, lists and topics',
  },
  {
    path: '@vallum/core/testing',
    source: 'testing/index.ts',
    page: 'testing',
    what: 'fakes, and what every backend, transport and store has to pass',
  },
];

const options = {
  entryPoints: doors.map(({ source }) => join(core, 'src', source)),
  tsconfig: join(core, 'tsconfig.json'),
  basePath: root,
  plugin: ['typedoc-plugin-markdown'],
  readme: 'none',
  disableSources: true,
  excludePrivate: true,
  sort: ['alphabetical'],
  logLevel: LogLevel.Warn,
  // What is exported and undocumented, or named there and not exported, is a fault of the sources.
  validation: { notDocumented: true, notExported: true, invalidLink: true },
  requiredToBeDocumented: [
    ...['Enum', 'EnumMember', 'Variable', 'Function', 'Class', 'Interface', 'TypeAlias'],
    ...['Method', 'CallSignature', 'GetSignature', 'SetSignature'],
  ],
  // Seams for tests, and the parts of types that are shown in one piece.
  intentionallyNotExported: [
    ...['Apply', 'Brand', 'Disk', 'EntryReport', 'HostSources', 'PlacedColumns', 'ReportBase'],
    ...['ProtectEntryReport', 'ProtectReportBase'],
  ],
  outputFileStrategy: 'modules',
  entryFileName: 'README',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  disableGit: true,
  useHTMLAnchors: true,
  excludeExternals: true,
  tableColumnSettings: {
    hideModifiers: true,
    hideInherited: true,
    hideOverrides: true,
    hideDefaults: true,
  },
};

/**
 * @returns {Promise<{ path: string, text: string }[]>}
 * @throws {Error} with all that TypeDoc has to complain of
 */
export async function apiPages() {
  const complaints = new Complaints();
  const app = await Application.bootstrapWithPlugins(options);
  app.logger = complaints;
  const folder = mkdtempSync(join(tmpdir(), 'vallum-api-'));
  try {
    const project = await app.convert();
    complaints.throwAny();
    for (const module of project.children) {
      // TypeDoc calls it by its source: packages/core/src/mqtt, packages/core/src/mqtt/publish.
      const name = relative('packages/core/src', module.name);
      module.name = doors.find(
        ({ source }) => source.replace(/\/?(index)?\.ts$/, '') === name,
      ).page;
    }
    app.validate(project);
    app.options.setValue('out', folder);
    await app.generateOutputs(project);
    complaints.throwAny();
    const pages = doors.map(({ path, page }) => {
      const [, ...body] = readFileSync(join(folder, `${page}.md`), 'utf8').split('\n');
      const text = [`# ${path}`, MADE, body.join('\n').trim()].join('\n\n');
      return { page, text: `${text.replace(/[ \t]+$/gm, '')}\n` };
    });
    return [{ page: 'README', text: index() }, ...pages].map(({ page, text }) => ({
      path: `docs/api/${page}.md`,
      text,
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function index() {
  const rows = doors.map(({ path, page, what }) => `| [\`${path}\`](${page}.md) | ${what} |`);
  return [
    '# API reference',
    MADE,
    'What `@vallum/core` exports, from its docstrings. Where to begin: ' +
      '[in your own program](../../README.md#in-your-own-program), ' +
      '[writing a backend](../writing-a-backend.md), [the protocol](../protocol.md).',
    ['| import | what for |', '| --- | --- |', ...rows, ''].join('\n'),
  ].join('\n\n');
}

/** A page that is made from sources with faults would hide them. */
class Complaints extends Logger {
  #said = [];

  log(message, level) {
    if (level >= LogLevel.Warn) this.#said.push(message);
  }

  throwAny() {
    if (this.#said.length > 0) throw new Error(`API reference:\n  ${this.#said.join('\n  ')}`);
  }
}
