// Bundled into dist/launch.cjs by build/bundle-program.mjs; starts the bundled program.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, Script } from 'node:vm';
import type { Ended } from './main.js';

/** Name of the bundled program, which holds a hash of its content; the build fills it in. */
declare const PROGRAM: string;

interface Program {
  exports: { main(this: void, argv: readonly string[]): Promise<Ended> };
}
type Body = (require: NodeJS.Require, module: Partial<Program>, __filename: string) => void;

const file = join(__dirname, `${PROGRAM}.cjs`);
// Beside the program, where only those can write who could as well change the program itself: V8
// looks whether a cache fits, not who made it. It looks at the source's length, hence the hash.
const cacheFile = join(__dirname, `${PROGRAM}.${process.version}-${process.arch}.cache`);

const cachedData = readCache();
const script = new Script(
  `(function (require, module, __filename) {${readFileSync(file, 'latin1')}\n})`,
  {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
    importModuleDynamically: defaultLoader(),
  },
);
const program: Program = {
  exports: { main: () => Promise.reject(new Error('the bundle is empty')) },
};
(script.runInThisContext() as Body)(require, program, file);

void program.exports.main(process.argv.slice(2)).then(({ code, sent }) => {
  // After a run that went all the way: what the next one needs has been compiled by now.
  if (sent && (cachedData === undefined || script.cachedDataRejected === true)) writeCache();
  // Standard input may still be open, with nobody typing. Pipes and files are written synchronously.
  process.exit(code);
});

function readCache(): Buffer | undefined {
  try {
    return readFileSync(cacheFile);
  } catch {
    return undefined;
  }
}

/** For those who may: the owner of the installation. Others start a little slower. */
function writeCache(): void {
  const unfinished = `${cacheFile}.${process.pid}`;
  try {
    writeFileSync(unfinished, script.createCachedData(), { flag: 'wx', mode: 0o644 });
    renameSync(unfinished, cacheFile);
  } catch {
    rmSync(unfinished, { force: true });
  }
}

/** Node 18 has not got the constant, and takes a function without a warning. */
function defaultLoader() {
  const known = constants as Partial<typeof constants> | undefined;
  return known?.USE_MAIN_CONTEXT_DEFAULT_LOADER ?? ((specifier: string) => import(specifier));
}
