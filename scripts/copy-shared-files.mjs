// Runs before a package is packed, in its folder (`prepack`): what every npm package has to carry is
// kept once, in the root. git ignores the copies.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const { homepage } = JSON.parse(readFileSync('package.json', 'utf8'));
const [repository] = homepage.split('/tree/');

copyFileSync(join(root, 'LICENSE'), 'LICENSE');
// Its links are to files that a package does not have.
const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
writeFileSync('CHANGELOG.md', changes.replace(/\]\((?!https?:)/g, `](${repository}/blob/main/`));
