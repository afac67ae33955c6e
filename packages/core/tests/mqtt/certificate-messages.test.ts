import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mustRun, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import { lookAtBroker } from '../../src/mqtt/look-at-broker.js';
import { openTransport } from './opened-transport.js';

/** Paths without their endings: `.crt` and `.key`. */
interface Issued {
  readonly crt: string;
  readonly key: string;
}

const EXTENSIONS = {
  authority: 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n',
  server: 'subjectAltName=DNS:localhost,IP:127.0.0.1\n',
};

suiteNeeding(['openssl'], 'a certificate that is not accepted', () => {
  let folder = '';
  const servers: ReturnType<typeof createServer>[] = [];
  beforeAll(() => {
    folder = temporaryFolder();
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  /** @param days from now: `[-10, -1]` has expired */
  async function issue(
    name: string,
    kind: keyof typeof EXTENSIONS,
    by?: Issued,
    days: readonly [number, number] = [-1, 10],
  ): Promise<Issued> {
    const place = join(folder, String(Math.random()).slice(2));
    mkdirSync(place);
    const at = (file: string) => join(place, file);
    await mustRun('openssl', [
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', `/CN=${name}`, '-keyout', at('key'), '-out', at('csr')],
    ]);
    writeFileSync(at('index'), '');
    writeFileSync(at('index.attr'), 'unique_subject=no\n');
    writeFileSync(
      at('conf'),
      [
        ...['[ca]', 'default_ca=one', '[one]', `database=${at('index')}`, `new_certs_dir=${place}`],
        ...['default_md=sha256', 'rand_serial=yes', 'policy=any', 'unique_subject=no'],
        ...['x509_extensions=ext', '[any]', 'commonName=supplied', '[ext]', EXTENSIONS[kind]],
      ].join('\n'),
    );
    const [from, to] = days.map((day) =>
      new Date(Date.now() + day * 86_400_000)
        .toISOString()
        .replace(/[-:T]/g, '')
        .replace(/\.\d+/, ''),
    );
    const signer = by === undefined ? ['-selfsign', '-keyfile', at('key')] : [];
    if (by !== undefined) signer.push('-cert', by.crt, '-keyfile', by.key);
    await mustRun('openssl', [
      ...['ca', '-batch', '-notext', '-config', at('conf'), '-in', at('csr'), '-out', at('crt')],
      ...['-startdate', from ?? '', '-enddate', to ?? '', ...signer],
    ]);
    return { crt: at('crt'), key: at('key') };
  }

  /** What is said where a broker shows this, and in front of it these authorities. */
  async function said(
    own: Issued,
    options: { caFile?: string; chain?: readonly Issued[]; host?: string } = {},
  ): Promise<string> {
    const { chain = [], caFile, host = 'localhost' } = options;
    const cert = [own, ...chain].map(({ crt }) => readFileSync(crt, 'utf8')).join('');
    const server = createServer({ cert, key: readFileSync(own.key) });
    server.on('tlsClientError', () => undefined);
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '0.0.0.0', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const broker = { host, port, tls: true, ...(caFile === undefined ? {} : { caFile }) };
    const state = await openTransport(broker).reaches('refused');
    const sight = await lookAtBroker(broker);
    // A second may have passed.
    const here = / \(here it is .*/;
    expect(sight.distrust?.replace(here, '')).toBe(state.detail.replace(here, ''));
    return state.detail.replaceAll(`mqtts://${host}:${String(port)}`, 'BROKER');
  }

  it('names its authority, and the file that does not hold it, with what that holds', async () => {
    const [ours, theirs] = [
      await issue('Our CA', 'authority'),
      await issue('Their CA', 'authority'),
    ];
    const own = await issue('broker.example', 'server', theirs);
    expect(await said(own, { caFile: ours.crt })).toBe(
      'the certificate of BROKER (for "broker.example") is signed by "Their CA", and the CA file ' +
        `${JSON.stringify(ours.crt)} does not hold that authority (only "Our CA"); if "Their CA" is an ` +
        'intermediate authority, the broker has to send its certificate too',
    );
    expect(await said(own, { chain: [theirs], caFile: ours.crt })).toMatch(
      /is signed by "Their CA", and the CA file ".*" does not hold that authority \(only "Our CA"\)$/,
    );
    expect(await said(own, { chain: [theirs] })).toBe(
      'the certificate of BROKER (for "broker.example") is signed by "Their CA", and the list of the system\'s ' +
        'authorities does not hold that authority',
    );
  });

  it('is told from one of an authority that was made anew under the same name', async () => {
    const [old, present] = [await issue('Our CA', 'authority'), await issue('Our CA', 'authority')];
    const own = await issue('localhost', 'server', present);
    expect(await said(own, { caFile: old.crt })).toMatch(
      /signed by "Our CA"; the CA file ".*" holds an authority of that name, but with another key/,
    );
  });

  it('that signs itself is said to', async () => {
    const ours = await issue('Our CA', 'authority');
    const own = await issue('localhost', 'server');
    expect(await said(own, { caFile: ours.crt })).toMatch(
      /^the certificate of BROKER \(for "localhost"\) is self-signed, and the CA file ".*" does not hold it \(only "Our CA"\)$/,
    );
    expect(await said(own)).toMatch(
      /is self-signed, and the list of the system's authorities does not hold it$/,
    );
  });

  it('names the root where the file holds an intermediate authority alone', async () => {
    const root = await issue('Root', 'authority');
    const middle = await issue('Middle', 'authority', root);
    const own = await issue('localhost', 'server', middle);
    expect(await said(own, { caFile: middle.crt })).toMatch(
      /is signed by "Middle", and that in the end by "Root", and the CA file ".*" does not hold that authority \(only "Middle"\)$/,
    );
    expect(await said(own, { caFile: root.crt })).toMatch(
      /is signed by "Middle".*\(only "Root"\); if "Middle" is an intermediate authority, the broker has to send its certificate too$/,
    );
  });

  it('that has expired is named with its date, be it its own, on the way up, or in the file', async () => {
    const root = await issue('Root', 'authority');
    const expired = await issue('localhost', 'server', root, [-10, -3]);
    const date = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
    expect(await said(expired, { caFile: root.crt })).toMatch(
      new RegExp(
        `^the certificate of BROKER \\(for "localhost"\\) expired on ${date} [0-9:]{8} UTC: renew it \\(here it is .* UTC\\)$`,
      ),
    );
    const middle = await issue('Middle', 'authority', root, [-10, -3]);
    const below = await issue('localhost', 'server', middle);
    expect(await said(below, { chain: [middle], caFile: root.crt })).toMatch(
      new RegExp(
        `^the certificate of the authority "Middle" that BROKER showed expired on ${date}`,
      ),
    );
    const old = await issue('Old root', 'authority', undefined, [-10, -3]);
    const ofOld = await issue('localhost', 'server', old);
    expect(await said(ofOld, { caFile: old.crt })).toMatch(
      new RegExp(
        `^the certificate of the authority "Old root" in the CA file ".*" expired on ${date}`,
      ),
    );
  });

  it('that is not valid yet makes one look at the clock', async () => {
    const root = await issue('Root', 'authority');
    const early = await issue('localhost', 'server', root, [3, 10]);
    const date = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    expect(await said(early, { caFile: root.crt })).toMatch(
      new RegExp(
        `^the certificate of BROKER \\(for "localhost"\\) is not valid before ${date} .*, and this machine's clock says .*: is it right\\?$`,
      ),
    );
  });

  it('says what it is for where that is another host', async () => {
    const root = await issue('Root', 'authority');
    const own = await issue('x', 'server', root);
    expect(await said(own, { caFile: root.crt, host: '127.0.0.2' })).toMatch(
      /is for another host \(it holds "DNS:localhost, IP Address:127\.0\.0\.1"\)/,
    );
  });

  it('cannot break a line with its name', async () => {
    const theirs = await issue('x\u001b[2J y', 'authority');
    const own = await issue('localhost', 'server', theirs);
    expect(await said(own)).toMatch(/^[ -~]+$/);
  });
});
