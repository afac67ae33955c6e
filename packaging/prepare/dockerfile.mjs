// Follows a Dockerfile without an engine: each stage in a folder that begins as a tree of Debian, each
// RUN in a chroot there. For what packaging/container/Dockerfile is made of, and nothing else.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/** @returns {{ instruction: string, text: string }[]} with continued lines as one */
export function readDockerfile(text) {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, instruction, text] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (instruction === undefined) throw new Error(`no instruction: ${line}`);
      return { instruction, text: text.trim() };
    });
}

/**
 * @param {object} options
 * @param {string} options.dockerfile path
 * @param {string} options.context folder that COPY copies from
 * @param {Record<string, string>} options.bases archives of the trees that FROM may name
 * @param {string} options.archive where the last stage is written
 * @param {string} options.scratch folder with room
 */
export async function followDockerfile({ dockerfile, context, bases, archive, scratch }) {
  const work = mkdtempSync(join(scratch, 'vallum-image-'));
  const stages = new Map();
  let stage;
  const steps = {
    async FROM(text) {
      const [, image, name = 'last'] = /^(\S+)(?: AS (\S+))?$/.exec(text) ?? [];
      if (bases[image] === undefined) throw new Error(`no tree stands for ${image}`);
      stage = join(work, name);
      stages.set(name, stage);
      mkdirSync(stage, { mode: 0o755 });
      await run('tar', ['-C', stage, '-xf', bases[image]]);
    },
    async COPY(text) {
      const [, from, sources, target] = /^(?:--from=(\S+) )?(.+) (\S+)$/.exec(text) ?? [];
      const origin = from === undefined ? context : stages.get(from);
      if (origin === undefined) throw new Error(`no stage ${from}`);
      const into = join(stage, target);
      mkdirSync(into, { recursive: true });
      // A folder is copied as what is in it.
      const script =
        'cd "$1" && for path in $2; do [ -d ".$path" ] && path=.$path/.; cp -a "$path" "$3"; done';
      await run('sh', ['-euc', script, 'sh', origin, sources, into]);
    },
    async RUN(text) {
      await run('unshare', [
        ...['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec'],
        'mount -t proc proc "$0/proc"; exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/sh -c "$1"',
        ...[stage, text],
      ]);
    },
    // What is only read when it is started: the tests do that.
    VOLUME() {},
    ENTRYPOINT() {},
  };
  try {
    for (const { instruction, text } of readDockerfile(readFileSync(dockerfile, 'utf8'))) {
      if (steps[instruction] === undefined) throw new Error(`${instruction} is not followed yet`);
      await steps[instruction](text);
    }
    await run('tar', ['-C', stage, '-cf', archive, '.']);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
