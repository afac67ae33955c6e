// Completes package-lock.json after an `npm install` whose registry does not carry the builds for
// every platform: npm then leaves those optional packages out, and `npm ci` refuses the lock file
// everywhere, also where they are not wanted. Their versions stand in their parents' entries, and
// their names say what they are for.
//   node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));

const systems = {
  ...{ aix: 'aix', android: 'android', darwin: 'darwin', freebsd: 'freebsd', linux: 'linux' },
  ...{ netbsd: 'netbsd', openbsd: 'openbsd', openharmony: 'openharmony', sunos: 'sunos' },
  ...{ win32: 'win32', windows: 'win32' },
};
const processors = {
  ...{ 64: 'x64', x64: 'x64', arm64: 'arm64', arm: 'arm', ia32: 'ia32', loong64: 'loong64' },
  ...{ mips64el: 'mips64el', ppc64: 'ppc64', riscv64: 'riscv64', s390x: 's390x' },
};
const libraries = { gnu: 'glibc', glibc: 'glibc', musl: 'musl' };

const added = [];
for (const parent of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (lock.packages[place] !== undefined || !/^\d+\.\d+\.\d+/.test(version)) continue;
    // @unrs/resolver-binding-linux-arm-musleabihf
    const words = name.replace(/^@[^/]+\//, '').split('-');
    const os = words.map((word) => systems[word]).find(Boolean);
    const cpu = words.map((word) => processors[word]).find(Boolean);
    // Without its platform npm would try to install it here.
    if (os === undefined || cpu === undefined) {
      console.error(`${name}: the name does not say for which system and processor it is`);
      process.exitCode = 1;
      continue;
    }
    const libc = words.map((word) => libraries[word.replace(/eabi(hf)?$/, '')]).find(Boolean);
    lock.packages[place] = {
      version,
      cpu: [cpu],
      ...(parent.dev ? { dev: true } : {}),
      ...(os === 'linux' && libc !== undefined ? { libc: [libc] } : {}),
      optional: true,
      os: [os],
    };
    added.push(`${name}@${version}`);
  }
}
if (added.length > 0) {
  const byPlace = ([a], [b]) => a.localeCompare(b, 'en');
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPlace));
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(added.length === 0 ? 'nothing is missing' : `added ${added.join(', ')}`);
