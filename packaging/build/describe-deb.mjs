// What goes where in each package.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { debianChangelog, maintainer } from './changelog.mjs';
import { copyright } from './copyright.mjs';
import { completions, manualPages } from './manuals.mjs';
import { nativeParts, shippedFiles } from './native.mjs';
import { docPages } from './pages.mjs';
import { inputs, manifestOf, monitoring, root } from './programs.mjs';

const relations = {
  vallumd: {
    Depends: 'adduser, nodejs (>= 18)',
    Recommends: 'ipset | nftables',
    Suggests: 'iptables | nftables, mosquitto, vallum-pub',
    Description: description('enforces shared IP bans in kernel sets', [
      'One server sees an attacker; a moment later the address is blocked everywhere.',
      'vallumd listens for bans on MQTT and puts them into the sets (ipset or',
      "nftables) that the administrator's own firewall rules refer to.",
    ]),
  },
  'vallum-pub': {
    Depends: 'nodejs (>= 18), adduser',
    Suggests: 'mosquitto, vallumd',
    Enhances: 'fail2ban',
    Description: description('bans IP addresses on every firewall that listens', [
      'Sends bans and unbans over MQTT to every vallumd, from a script, a list or',
      'fail2ban, whose action it brings. It answers once the broker has confirmed.',
    ]),
  },
};

export async function describeDeb({ program, bundled, architecture, time }) {
  const { name } = program;
  const natives = nativeParts(bundled.packages, architecture);
  // koffi is optional in npm: where it is not installed, a bundle is made without it.
  if (name === 'vallumd' && natives.length === 0) {
    throw new Error(`vallumd for ${architecture} would have no native part: npm ci installs koffi`);
  }
  const home = `usr/lib/vallum/${name}`;
  const doc = `usr/share/doc/${name}`;
  const files = [
    ...bundled.files.map(({ path, text, executable }) => ({
      path: `${home}/${path}`,
      content: text,
      mode: executable ? 0o755 : 0o644,
    })),
    ...natives.flatMap((native) =>
      shippedFiles(native.folder).map((path) => ({
        path: `${home}/node_modules/${native.name}/${path}`,
        content: readFileSync(join(native.folder, path)),
      })),
    ),
    { path: program.command, link: `../lib/vallum/${name}/${program.main}` },
    ...(await manualPages(time))
      .filter((page) => page.program === name)
      .map((page) => ({
        path: `usr/share/man/man${page.section}/${page.name}.${page.section}.gz`,
        content: gzip(page.text),
      })),
    ...(await completions())
      .filter((completion) => completion.program === name)
      .map(({ path, text }) => ({ path, content: text })),
    {
      path: `${doc}/copyright`,
      content: copyright([
        ...bundled.packages.map((path) => ({ path, folder: join(root, path) })),
        ...natives.map((native) => ({
          path: `node_modules/${native.name}`,
          folder: native.folder,
        })),
      ]),
    },
    { path: `${doc}/changelog.gz`, content: gzip(debianChangelog(name, time)) },
    ...docPages(name).map(({ path, text }) => ({ path: `${doc}/${path}`, content: text })),
    ...ownFiles(name),
  ];
  return {
    files,
    scripts: Object.fromEntries(
      ['preinst', 'postinst', 'prerm', 'postrm']
        .filter((script) => existsSync(join(inputs, name, script)))
        .map((script) => [script, readFileSync(join(inputs, name, script), 'utf8')]),
    ),
    control: {
      Package: name,
      Version: manifestOf(program).version,
      Architecture: architecture,
      Maintainer: maintainer,
      Section: 'net',
      Priority: 'optional',
      ...relations[name],
      // What koffi's binaries are linked with.
      ...(natives.length > 0
        ? { Depends: `${relations[name].Depends}, libc6 (>= 2.28), libstdc++6 (>= 8)` }
        : {}),
    },
  };
}

function ownFiles(name) {
  const input = (file) => readFileSync(join(inputs, name, file));
  const overrides = {
    path: `usr/share/lintian/overrides/${name}`,
    content: input('lintian-overrides'),
  };
  const config = {
    path: `etc/vallum/${name}.yaml`,
    content: input(`${name}.yaml`),
    mode: 0o640,
    conffile: true,
  };
  if (name === 'vallum-pub') {
    return [
      overrides,
      config,
      ...['service', 'path', 'timer'].map((kind) => ({
        path: `lib/systemd/system/vallum-pub-flush.${kind}`,
        content: input(`vallum-pub-flush.${kind}`),
      })),
      {
        path: 'etc/fail2ban/action.d/vallumd.conf',
        content: readFileSync(join(root, 'packages/fail2ban-action/action.d/vallumd.conf')),
        conffile: true,
      },
      ...['vallum-feed@.service', 'vallum-feed@.timer'].map((unit) => ({
        path: `lib/systemd/system/${unit}`,
        content: input(unit),
      })),
      { path: 'etc/vallum/feeds/README', content: input('feeds-readme'), conffile: true },
      {
        path: 'usr/share/doc/vallum-pub/examples/spamhaus-drop.yaml',
        content: input('spamhaus-drop.yaml'),
      },
    ];
  }
  return [
    overrides,
    config,
    ...[
      ...['vallumd.service', 'vallum-setup.service', 'vallum-setup-again.service'],
      ...['vallum-doctor.service', 'vallum-doctor.timer'],
    ].map((unit) => ({ path: `lib/systemd/system/${unit}`, content: input(unit) })),
    { path: 'etc/init.d/vallumd', content: input('vallumd.init'), mode: 0o755, conffile: true },
    { path: 'usr/share/doc/vallumd/examples/vallumd.openrc', content: input('vallumd.openrc') },
    ...monitoringExamples(),
  ];
}

/** What is pasted into Prometheus, Alertmanager and Grafana. */
function monitoringExamples() {
  return readdirSync(monitoring, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.yml'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((path) => ({
      path: `usr/share/doc/vallumd/examples/monitoring/${relative(monitoring, path)}`,
      content: readFileSync(path),
    }));
}

function gzip(text) {
  return gzipSync(text, { level: 9 });
}

function description(summary, lines) {
  return [summary, ...lines].join('\n ');
}
