import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readTlsMaterial } from './tls-material.js';

const folder = mkdtempSync(join(tmpdir(), 'vallum-tls-'));
const pem = (name: string, label: string) => {
  const path = join(folder, name);
  writeFileSync(path, `-----BEGIN ${label}-----\n${name}\n-----END ${label}-----\n`);
  return path;
};

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('readTlsMaterial', () => {
  const bundle = pem('bundle.crt', 'CERTIFICATE');
  const environment = { SSL_CERT_FILE: bundle };

  it("trusts the system's authorities and Node's where no CA is named", () => {
    const { ca } = readTlsMaterial({}, environment);
    expect(ca).toHaveLength(rootCertificates.length + 1);
    expect(ca.at(-1)).toContain('bundle.crt');
  });

  it("names Node's own authorities, so that no option of Node decides whether they count", () => {
    const { ca } = readTlsMaterial({}, { SSL_CERT_FILE: bundle });
    expect(ca.slice(0, -1)).toEqual(rootCertificates);
  });

  it('keeps what NODE_EXTRA_CA_CERTS adds', () => {
    const extra = pem('extra.crt', 'CERTIFICATE');
    const { ca } = readTlsMaterial({}, { ...environment, NODE_EXTRA_CA_CERTS: extra });
    expect(ca.slice(-2).join()).toMatch(/bundle\.crt[^]*extra\.crt/);
  });

  it('trusts nothing but the CA that is named', () => {
    const { ca } = readTlsMaterial({ caFile: pem('own.crt', 'CERTIFICATE') }, environment);
    expect(ca).toEqual([expect.stringContaining('own.crt')]);
    expect(readTlsMaterial({ ca: 'TEXT' }, environment).ca).toEqual(['TEXT']);
  });

  it('reads the client certificate and every form of key', () => {
    for (const label of ['PRIVATE KEY', 'EC PRIVATE KEY', 'RSA PRIVATE KEY']) {
      const material = readTlsMaterial({
        certFile: pem('client.crt', 'CERTIFICATE'),
        keyFile: pem('client.key', label),
      });
      expect(material.cert).toContain('client.crt');
      expect(material.key).toContain('client.key');
    }
  });

  it('refuses what contradicts itself or is not what it should be', () => {
    expect(() => readTlsMaterial({ ca: 'x', caFile: bundle })).toThrow(/given twice/);
    expect(() => readTlsMaterial({ keyFile: bundle })).toThrow(/needs both/);
    expect(() => readTlsMaterial({ certFile: bundle, keyFile: bundle })).toThrow(/"PRIVATE KEY"/);
    expect(() => readTlsMaterial({ caFile: join(folder, 'no\n') })).toThrow(/no\\n": ENOENT/);
  });
});
