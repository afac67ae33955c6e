import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const daemon = fileURLToPath(new URL('../dist/index.js', import.meta.url));

it.each(['tls', 'http'])('loads %s where it is used, and not at the start', (name) => {
  const script = `await import(${JSON.stringify(daemon)}); console.log(process.moduleLoadList.join('\\n'))`;
  const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    // Authorities of one's own are loaded with TLS at once.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: '' },
  }).split('\n');
  expect(loaded).toContain('NativeModule net');
  expect(loaded).not.toContain(`NativeModule ${name}`);
});
