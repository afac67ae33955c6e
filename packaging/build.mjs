// npm run package: makes dist-deb/vallumd_<version>_<arch>.deb and vallum-pub_<version>_<arch>.deb
// for every architecture, on a machine of any. Two builds of one commit are the same bytes.
//   npm run package -- --output DIR   writes elsewhere
//   npm run package -- --rpm          writes an .rpm beside each
//   npm run package -- --no-build     takes the packages as they were built
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build as buildPackages, install } from '../scripts/prepare.mjs';
import { bundle } from './build/bundle.mjs';
import { nativePackages } from './build/native.mjs';
import { architectures, manifestOf, programs, root } from './build/programs.mjs';
import { sourceDate } from './build/source-date.mjs';
import { describeDeb } from './build/describe-deb.mjs';
import { writeDeb } from './build/deb.mjs';
import { writeRpm } from './build/rpm.mjs';

const { values } = parseArgs({
  options: {
    output: { type: 'string', default: join(root, 'dist-deb') },
    rpm: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});
if (!values['no-build']) {
  install();
  buildPackages();
}
const output = resolve(values.output);
mkdirSync(output, { recursive: true });
const time = sourceDate();

for (const program of programs) {
  const bundled = await bundle(program, nativePackages);
  for (const architecture of Object.keys(architectures)) {
    const deb = await describeDeb({ program, bundled, architecture, time });
    const name = `${program.name}_${manifestOf(program).version}_${architecture}.deb`;
    writeDeb({ ...deb, output: join(output, name), time });
    console.log(join(values.output, name));
    if (values.rpm) console.log(join(values.output, writeRpm({ ...deb, output, time })));
  }
}
