import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import * as backendFace from '../../src/backend/index.js';
import * as face from '../../src/index.js';

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What TypeScript says of a program that imports @vallum/core, with everything strict. */
function complaintsAbout(program: string): string[] {
  const path = join(packageFolder, 'strict-program.mts');
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: ['node'],
    skipLibCheck: true,
    noEmit: true,
    // The sources, so that this needs no build.
    paths: {
      '@vallum/core': [join(packageFolder, 'src/index.ts')],
      '@vallum/core/backend': [join(packageFolder, 'src/backend/index.ts')],
      '@vallum/core/protocol': [join(packageFolder, 'src/message/index.ts')],
    },
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (name) => (name === path ? program : readFile(name));
  host.fileExists = (name) => name === path || fileExists(name);
  const compiled = ts.createProgram([path], options, host);
  const file = compiled.getSourceFile(path);
  return ts
    .getPreEmitDiagnostics(compiled, file)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

// Names, addresses and numbers come from a file or the environment: nothing of it is branded.
const PROGRAM = `
import { createDryRunBackend, createIpsetBackend, createMemoryBackend, createNftablesBackend, createVallum, findHostAddresses, openFileStore, parseAddress, VallumError, type Backend, type Report } from '@vallum/core';
import { listMembers } from '@vallum/core/backend';
import { parseBinding, parseSetName } from '@vallum/core/protocol';

const set: string = process.env['SET'] ?? 'blacklist';
const seconds: number = Number(process.env['SECONDS']);
const table: string = 'filter';
const family: string = 'inet';

const memory = createMemoryBackend({
  sets: [
    { set: 'blacklist', type: 'hash:net', family: 'ipv4' },
    { set, type: 'hash:ip', family: 'ipv6', defaultTimeoutSeconds: seconds, maxEntries: 9 },
  ],
});
memory.makeSet({ set, type: 'bitmap:ip', family: 'ipv4', range: '192.0.2.0/24' });
memory.addMember(set, '192.0.2.1');
memory.addException(set, '192.0.2.0/28');
memory.setReferences(set, 1);
memory.flush(set);
memory.destroySet(set);
const entries: number | undefined = (await memory.inspect(set))?.entries;
const held: boolean = await memory.test(set, '192.0.2.1');
for (const { address, timeoutSeconds } of await listMembers(memory, set)) {
  console.log(String(address.text), timeoutSeconds, entries, held);
}

const backends: Backend[] = [
  memory,
  createDryRunBackend({ print: (line) => console.log(line), inner: memory }),
  await createIpsetBackend({ fellBack: console.warn }),
  await createNftablesBackend({ family, table, chain: table }),
  await createNftablesBackend({ chain: false }),
];

const found = await findHostAddresses();
const vallum = await createVallum({
  topics: ['blacklist', \`site/a/\${set}=\${set}\`],
  backend: memory,
  origin: table,
  store: await openFileStore('state'),
  create: { type: 'hash:net', defaultTimeoutSeconds: seconds, maxEntries: 10 },
  policy: {
    protect: ['192.0.2.0/24', set],
    protectHost: async () => [...found, ...(await findHostAddresses())],
    minPrefixLength: { ipv4: seconds },
  },
  listeners: { report: (report: Report) => console.log(report.outcome), warning: console.warn },
});
try {
  await vallum.ban([table, '192.0.2.9'], { set, timeoutSeconds: seconds, reason: table });
  await vallum.unban('192.0.2.9', { set, origin: table });
  const names: string[] = vallum.status().sets.map((state) => state.set);
  console.log(names, backends.length);
} catch (error) {
  if (error instanceof VallumError && error.code === 'INVALID_ARGUMENT') console.error(error.message);
}
const address = parseAddress(table);
if (address.ok) console.log(address.value.family);
const binding = parseBinding(table);
if (binding.ok) console.log(String(binding.value.set));
const name = parseSetName(set);
if (name.ok) console.log(await memory.create({ set: name.value, type: 'hash:ip', family: 'ipv4' }));
`;

describe('a strict program', () => {
  it('gives plain strings and numbers, without a cast', () => {
    expect(complaintsAbout(PROGRAM)).toEqual([]);
  });

  it('is told where it hands an unchecked string to a backend', () => {
    const complaints = complaintsAbout(
      `import type { Backend } from '@vallum/core';
       export const look = (backend: Backend) => backend.inspect('blacklist');`,
    );
    expect(complaints.join()).toContain("is not assignable to parameter of type 'SetName'");
  });
});

describe('plain strings and numbers are checked:', () => {
  const invalid = expect.objectContaining({ name: 'VallumError', code: 'INVALID_ARGUMENT' });
  const { createMemoryBackend } = face;
  const set = 'blacklist';

  it.each([
    { set: '', type: 'hash:ip', family: 'ipv4' },
    { set: '-exist', type: 'hash:ip', family: 'ipv4' },
    { set: 'a b', type: 'hash:ip', family: 'ipv4' },
    { set, type: 'hash:ip', family: 'ipv4', maxEntries: 0.5 },
    { set, type: 'hash:ip', family: 'ipv4', defaultTimeoutSeconds: -1 },
    { set, type: 'hash:ip', family: 'ipv4', netmask: 33 },
    { set, type: 'bitmap:ip', family: 'ipv4', range: '192.0.2.9-192.0.2.1' },
    { set, type: 'hash:ip,port', family: 'ipv5' as 'ipv4' },
  ] as const)('a set in memory, %j', (spec) => {
    expect(() => createMemoryBackend({ sets: [spec] })).toThrow(invalid);
    expect(() => {
      createMemoryBackend().makeSet(spec);
    }).toThrow(invalid);
  });

  it('names and addresses given to sets in memory', async () => {
    const memory = createMemoryBackend({ sets: [{ set, type: 'hash:ip', family: 'ipv4' }] });
    expect(() => {
      memory.addMember(set, '192.0.2');
    }).toThrow(invalid);
    expect(() => {
      memory.addException(set, 'localhost');
    }).toThrow(invalid);
    expect(() => memory.destroySet('a b')).toThrow(invalid);
    await expect(memory.inspect('a b')).rejects.toEqual(invalid);
    await expect(memory.test(set, 'localhost')).rejects.toEqual(invalid);
    await expect(backendFace.listMembers(memory, '-x')).rejects.toEqual(invalid);
  });

  it.each([{ family: 'arp' }, { table: 'x; flush ruleset' }, { chain: '-f' }])(
    'a table of nftables, %j',
    (options) => {
      expect(() => face.createNftablesProcessBackend(options)).toThrow(invalid);
    },
  );
});
