'use strict';
// V8's code cache on the disk. V8 looks whether a cache fits its version, its flags and the length of
// the source, and runs whatever stands behind that: 300 damaged bytes crash the process, at each run.
// So the file holds the code twice, and counts only where both are alike. To compare them takes 0.04
// ms for 235 kB; any checksum that Node has at hand takes 1 to 3, most of it to load it.
const {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} = require('node:fs');

/** @returns {Buffer | undefined} the code, where the file is there and undamaged */
exports.readCodeCache = (file) => {
  try {
    return unpack(readFileSync(file));
  } catch {
    return undefined;
  }
};

/** For those who may: the owner of the installation. Others start a little slower. */
exports.writeCodeCache = (file, code) => {
  const unfinished = `${file}.${process.pid}`;
  try {
    const handle = openSync(unfinished, 'wx', 0o644);
    try {
      for (let half = 0; half < 2; half++) {
        for (let at = 0; at < code.length;) at += writeSync(handle, code, at);
      }
      // Else a power cut could leave the name with nothing, or with zeros, behind it.
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(unfinished, file);
  } catch {
    rmSync(unfinished, { force: true });
  }
};

/** @returns {Buffer | undefined} undefined: damaged */
function unpack(bytes) {
  const half = bytes.length / 2;
  const code = bytes.subarray(0, half);
  return half > 0 && code.equals(bytes.subarray(half)) ? code : undefined;
}
exports.unpack = unpack;
