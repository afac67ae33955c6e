#!/usr/bin/env node
'use strict';
// Starts the bundled program with V8's code cache, since fail2ban starts one process a ban: see
// docs/decisions/0010-vallum-pub-start.md. CommonJS (package.json beside it), which starts faster.
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const { readCodeCache, writeCodeCache } = require('./code-cache.js');

const dist = `${module.path}/../dist`;
// `program-0123456789ab`: the hash is of its content, since V8 looks only at its length.
const program = `${dist}/${readFileSync(`${dist}/program`, 'latin1')}`;
// Beside the program, where only those can write who could as well change the program itself: V8
// looks whether a cache fits, not who made it.
const cacheFile = `${program}.${process.version}-${process.arch}.cache`;

const cachedData = readCodeCache(cacheFile);
const source = readFileSync(`${program}.cjs`, 'latin1');
const script = new Script(
  `(function (module, require, importLate, __filename) {${source}\n})`,
  cachedData === undefined
    ? { filename: `${program}.cjs` }
    : { filename: `${program}.cjs`, cachedData },
);
const loaded = { exports: {} };
// A script of its own cannot import(): what that takes differs from one version of Node to the next.
script.runInThisContext()(loaded, require, (name) => import(name), `${program}.cjs`);

void loaded.exports.main(process.argv.slice(2)).then(({ code, sent }) => {
  // After a run that went all the way: what the next one needs has been compiled by now.
  if (sent && (cachedData === undefined || script.cachedDataRejected)) {
    writeCodeCache(cacheFile, script.createCachedData());
  }
  // Standard input may still be open, with nobody typing. Pipes and files are written synchronously.
  process.exit(code);
});
