// npm run soak: a day of bans and unbans in minutes, in a network namespace of its own.
//   npm run soak                    five minutes, ipset
//   npm run soak -- 60 nftables     one minute, nftables
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build, install } from '../scripts/prepare.mjs';
import { namespacePrefix, NO_NAMESPACE } from './support/namespace.mjs';

const prefix = namespacePrefix();
if (prefix === undefined) {
  console.error(NO_NAMESPACE);
  process.exit(1);
}
install();
build();
const script = fileURLToPath(new URL('soak.mjs', import.meta.url));
const [program, ...args] = [...prefix, process.execPath, '--expose-gc', script];
const { status } = spawnSync(program, [...args, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
