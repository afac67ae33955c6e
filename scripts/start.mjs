// npm start: the whole thing on one machine in one minute. Installs and builds what a fresh clone
// lacks, then runs vallumd with its embedded broker.
//   VALLUM_PORT=1884 npm start        another port
//   npm start -- --log-level debug    more options go to vallumd and win over those given here
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { chooseBackend, howToSee } from './choose-backend.mjs';
import { build, install, root } from './prepare.mjs';

const set = 'blacklist';
const extra = process.argv.slice(2);

const listen = given('--listen') ?? `127.0.0.1:${process.env.VALLUM_PORT ?? '1883'}`;
const { host, port } = splitListen(listen);
const busy = await whyBusy(host, port);
if (busy !== undefined) {
  console.error(`Port ${port} on ${host} cannot be used: ${busy}.`);
  console.error('Choose another one:  VALLUM_PORT=1884 npm start');
  console.error('                or:  npm start -- --listen 127.0.0.1:1884');
  process.exit(1);
}

install();
build();

const stateDir = given('--state-dir') ?? join(root, '.vallum');
const chosen = given('--backend');
const { backend, why } =
  chosen === undefined ? await chooseBackend() : { backend: chosen, why: 'as asked' };
console.log(`Backend ${backend}: ${why}.`);

const daemon = spawn(
  process.execPath,
  [
    join(root, 'packages/daemon/bin/vallumd.js'),
    ...(given('--listen') === undefined ? ['--listen', listen] : []),
    ...(chosen === undefined ? ['--backend', backend] : []),
    ...(given('-t') === undefined && given('--topic') === undefined ? ['-t', set] : []),
    ...(extra.includes('--create') ? [] : ['--create']),
    ...(given('--state-dir') === undefined ? ['--state-dir', stateDir] : []),
    ...extra,
  ],
  // npm sets variables of its own; those of VALLUM_ are the administrator's.
  { stdio: 'inherit', env: withoutPort(process.env) },
);

let ended = false;
daemon.on('error', (error) => {
  console.error(`cannot start vallumd: ${error.message}`);
  process.exit(1);
});
daemon.on('exit', (code, signal) => {
  ended = true;
  process.exit(code ?? (signal === null ? 1 : 128));
});
// Ctrl-C reaches the daemon itself through the terminal: here only wait for its end. What is sent
// to this process alone is passed on.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => daemon.kill(signal));

await listening(host, port);
if (!ended) {
  const at = port === 1883 ? '' : ` --port ${port}`;
  console.log('');
  console.log('vallumd listens. In a second terminal, in this folder:');
  console.log(`  npx -p @vallum/publish-cli vallum-pub add 203.0.113.7 --set ${set}${at}`);
  console.log(`  ${howToSee(backend, set, stateDir)}`);
  console.log('Ctrl-C ends it.');
  console.log('');
}

/** The value of an option among what was given to `npm start --`. */
function given(option) {
  const at = extra.findIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  if (at === -1) return undefined;
  return extra[at].includes('=') ? extra[at].slice(option.length + 1) : (extra[at + 1] ?? '');
}

/** `[::1]:1883`, `127.0.0.1:1883`, `1883` */
function splitListen(text) {
  const [, address, number] = /^(?:(.*):)?(\d+)$/.exec(text) ?? [];
  if (number === undefined || Number(number) > 65_535) {
    console.error(`"${text}" names no port: give [host:]port, such as 127.0.0.1:1884`);
    process.exit(64);
  }
  return { host: (address ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port: Number(number) };
}

/** Looks for another listener first: the daemon's own words would come after its start. */
function whyBusy(hostName, portNumber) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.on('error', ({ code, message }) => {
      resolve(
        { EADDRINUSE: 'another program listens there', EACCES: 'only root may listen there' }[
          code
        ] ?? message,
      );
    });
    probe.listen(portNumber, hostName, () => probe.close(() => resolve(undefined)));
  });
}

async function listening(hostName, portNumber) {
  while (!ended) {
    const open = await new Promise((resolve) => {
      const socket = connect(portNumber, hostName);
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** VALLUM_PORT is this script's; vallumd would read it as the port of a broker elsewhere. */
function withoutPort({ VALLUM_PORT: _port, ...rest }) {
  return rest;
}
