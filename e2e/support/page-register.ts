import { join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import { asides, guides, root, typedBlocks } from './pages.js';

/** A block of a page that another test takes from it and runs, whole. */
export interface Taken {
  readonly page: string;
  readonly block: RegExp;
  readonly by: string;
}

/** A block of a page that no test can run, word for word, so that whoever changes it looks here. */
export interface Excused {
  readonly page: string;
  readonly text: string;
  readonly because: string;
}

/** Blocks with commands that another test runs. */
export const taken: readonly Taken[] = [
  { page: 'docs/install.md', block: /apt install/, by: 'packaging/tests/trial.long.test.ts' },
  { page: 'docs/broker.md', block: /new_key=/, by: 'e2e/broker-files.test.ts' },
  { page: 'docs/broker.md', block: /chgrp mosquitto/, by: 'e2e/broker-files.test.ts' },
  { page: 'docs/protect.md', block: /vallum-pub protect add/, by: 'e2e/protect.test.ts' },
  { page: 'docs/security.md', block: /rabbitmqctl/, by: 'e2e/repair.test.ts' },
  {
    page: 'docs/container.md',
    block: /^install -d -m 700 secrets/,
    by: 'packaging/tests/container.long.test.ts',
  },
];

const registry =
  'it fetches from the registry; packaging/tests/npm.test.ts installs what is packed';
const docker = 'it wants Docker; packaging/tests/container.long.test.ts does what it would do';

export const excused: readonly Excused[] = [
  {
    page: 'README.md',
    text: 'sudo npm start\n',
    because:
      'it installs into and builds this very folder; e2e/start.test.ts tests what it chooses',
  },
  {
    page: 'README.md',
    text:
      'sudo apt install ./dist-deb/vallumd_0.3.0_amd64.deb\n' +
      'sudo apt install ./dist-deb/vallum-pub_0.3.0_amd64.deb\n',
    because: 'packaging/tests/trial.long.test.ts runs the same lines of docs/install.md',
  },
  {
    page: 'docs/install.md',
    text: 'npm install -g @vallum/daemon @vallum/publish-cli @vallum/fail2ban-action\n',
    because: registry,
  },
  ...(['core', 'daemon', 'publish-cli'] as const).map((name) => ({
    page: `packages/${name}/README.md`,
    text: `npm install ${name === 'core' ? '' : '-g '}@vallum/${name}\n`,
    because: registry,
  })),
  {
    page: 'docs/container.md',
    text: 'npm run package\ndocker build -t vallum -f packaging/container/Dockerfile dist-deb\n',
    because: docker,
  },
  {
    page: 'docs/container.md',
    text:
      'docker compose run --rm vallum-pub add 203.0.113.7 --timeout 1h\n' +
      'docker compose logs vallumd\nnft list table inet vallum\n',
    because: docker,
  },
  {
    page: 'docs/container.md',
    text: 'docker compose exec vallumd vallumd status\ndocker compose exec vallumd vallumd doctor\n',
    because: docker,
  },
  {
    page: 'docs/doctor.md',
    text: 'systemctl enable vallum-setup\n',
    because: 'it wants systemd: packaging/tests/systemd.test.ts and trial.long.test.ts',
  },
  {
    page: 'docs/monitoring.md',
    text: 'systemctl enable --now vallum-doctor.timer\n',
    because: 'it wants systemd: packaging/tests/systemd.test.ts',
  },
  {
    page: 'docs/monitoring.md',
    text: 'VALLUM_DOCTOR_OPTIONS="--mail-to root"\n',
    because: 'it is a line of a file that systemd reads: packaging/tests/systemd.test.ts',
  },
  {
    page: 'docs/doctor.md',
    text: 'VALLUM_SETUP_OPTIONS=--allow-established\n',
    because: 'it is a line of a file that systemd reads: packaging/tests/systemd.test.ts',
  },
];

export interface Place {
  readonly page: string;
  /** Found in one block of the page. */
  readonly block: RegExp;
}

/** A block that is run whole by pages.test.ts, and what has to be so then. */
export interface Run extends Place {
  readonly proves: (text: string) => Promise<void>;
}

/** Blocks that nobody runs, takes or excuses, as `page: first line`. */
export function forgotten(runs: readonly Place[]): string[] {
  return guides.flatMap((page) =>
    typedBlocks(page)
      .filter(
        (text) =>
          ![...runs, ...taken].some((one) => one.page === page && one.block.test(text)) &&
          !excused.some((one) => one.page === page && one.text === text),
      )
      .map((text) => `${page}: ${text}`),
  );
}

/** Entries of the lists that no page shows any more, or shows twice, or whose test takes nothing from it. */
export function stale(runs: readonly Place[]): string[] {
  const shown = (page: string, is: (text: string) => boolean) =>
    guides.includes(page) ? typedBlocks(page).filter(is).length : 0;
  return [
    ...[...runs, ...taken]
      .filter(({ page, block }) => shown(page, (text) => block.test(text)) !== 1)
      .map(({ page, block }) => `${page}: ${String(block)}`),
    ...excused
      .filter(({ page, text }) => shown(page, (one) => one === text) !== 1)
      .map(({ page, text }) => `${page}: ${text}`),
    ...taken
      .filter(({ page, by }) => {
        const file = join(root, by);
        return !existsSync(file) || !readFileSync(file, 'utf8').includes(page);
      })
      .map(({ page, by }) => `${by} does not read ${page}`),
  ];
}

/** A command in a page's running text that pages.test.ts runs. */
export interface Aside {
  readonly page: string;
  readonly command: string;
  readonly proves: (command: string) => Promise<void>;
}

/** Pages whose running text is walked through as well. */
const walked = ['docs/install.md', 'docs/operations.md', 'docs/fail2ban.md', 'docs/security.md'];

const trial = 'packaging/tests/trial.long.test.ts types it';
const named = 'it is named, not to be typed as it stands';
const block = 'it stands in a block too';

export const asidesElsewhere: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'docs/install.md': {
    'npm run package': 'packaging/prepare-tests.mjs makes the packages of all tests with it',
    'vallumd setup --apply && systemctl enable vallum-setup': trial,
    'vallumd --check-config && systemctl start vallumd': trial,
    'npm run package -- --rpm':
      'packaging/prepare-tests.mjs makes the packages of all tests with it',
    'systemctl enable --now vallumd':
      'for machines with rpm and systemd; packaging/tests/systemd.test.ts starts the same unit',
    'vallumd setup --remove --apply': trial,
    'systemd-analyze security vallumd': trial,
    'systemctl status vallumd': trial,
    'systemctl reload vallumd': trial,
    'journalctl -u vallumd': trial,
    'command -v vallumd': trial,
    'chmod 600': named,
    'chgrp vallum': named,
    'chmod 640': named,
  },
  'docs/operations.md': {
    'vallumd doctor': block,
    'vallumd COMMAND': named,
    'vallum-pub spool': block,
    "journalctl -u vallumd --since today -g '^(.* entries )?banned '":
      'e2e/fleet.test.ts runs it over the log of the daemon',
    'vallumd why': named,
    'vallumd --http 8080': named,
    'journalctl -u vallum-pub-flush':
      'it wants systemd; packaging/tests/spool.test.ts has the unit',
    'systemctl enable vallum-setup': trial,
    'vallum-pub del': named,
    'ipset del': named,
    'vallumd --listen 1883': named,
  },
  'docs/fail2ban.md': {
    'vallum-pub del --all': named,
    'fail2ban-client unban --all': named,
    'vallumd broker-files': block,
  },
  'docs/security.md': {
    'vallumd doctor': block,
    'vallum-pub why': named,
    'vallumd fleet': named,
    'vallumd broker-files': block,
    'vallumd --listen 1883': named,
    'chmod 600': named,
    'chmod 640': named,
    'chown root:vallum-pub': named,
  },
};

/** Commands in running text that nobody runs or excuses, and excuses for what is not shown. */
export function asidesAmiss(runs: readonly Aside[]): string[] {
  return walked.flatMap((page) => {
    const shown = asides(page);
    const known = [
      ...runs.filter((run) => run.page === page).map(({ command }) => command),
      ...Object.keys(asidesElsewhere[page] ?? {}),
    ];
    return [
      ...shown.filter((one) => !known.includes(one)).map((one) => `${page}: nobody runs ${one}`),
      ...known.filter((one) => !shown.includes(one)).map((one) => `${page} does not show ${one}`),
    ];
  });
}
