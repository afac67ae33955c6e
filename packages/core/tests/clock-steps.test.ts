import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { mustRun, startProcess, suiteNeeding, temporaryFolder } from '@vallum/test-kit';

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
    // libfaketime reads how far the wall clock is off from a file that may change.
    const offset = join(folder, 'offset');
    writeFileSync(offset, '+0');
    const preload = await mustRun('faketime', ['-f', '+0', 'sh', '-c', 'echo "$LD_PRELOAD"']);
    const watcher = await startProcess(process.execPath, [program], {
      env: {
        LD_PRELOAD: preload.trim(),
        FAKETIME_TIMESTAMP_FILE: offset,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    await watcher.waitForOutput(/watching/);
    for (const [shown, step] of [
      ['+864000', /step 864000\n/],
      ['+856800', /step -7200\n/],
    ] as const) {
      const since = Date.now();
      writeFileSync(offset, shown);
      await watcher.waitForOutput(step);
      expect(Date.now() - since).toBeLessThan(5_000);
    }
    await watcher.kill();
    expect(watcher.stdout().match(/step/g)).toHaveLength(2);
  });
});
