import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { createWallClock, startProcess, suiteNeeding, temporaryFolder } from '@vallum/test-kit';

const source = fileURLToPath(new URL('../src/system', import.meta.url));

suiteNeeding(['faketime'], 'the watch over the clock of a real process', () => {
  it('tells ten days forward and two hours back within seconds', async () => {
    const folder = temporaryFolder();
    const program = join(folder, 'watch.mjs');
    await build({
      stdin: {
        contents:
          "import { systemClock } from './clock.js'; import { watchClock } from './clock-steps.js';" +
          "watchClock(systemClock, (byMs) => console.log('step', Math.round(byMs / 1000)));" +
          "setInterval(() => undefined, 1000); console.log('watching');",
        resolveDir: source,
        loader: 'ts',
      },
      ...{ bundle: true, platform: 'node', format: 'esm', outfile: program, logLevel: 'error' },
    });
    const clock = await createWallClock();
    const watcher = await startProcess(process.execPath, [program], { env: clock.env });
    await watcher.waitForOutput(/watching/);
    for (const [ahead, step] of [
      [864_000, /step 864000\n/],
      [856_800, /step -7200\n/],
    ] as const) {
      const since = Date.now();
      await clock.set(ahead);
      await watcher.waitForOutput(step);
      expect(Date.now() - since).toBeLessThan(5_000);
    }
    await watcher.kill();
    expect(watcher.stdout().match(/step/g)).toHaveLength(2);
  });
});
