// What a test lets another process do: `node child.mjs TASK FOLDER [COUNT]`.
import { rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from '../../src/journal/journal.js';
import { openFileStore } from '../../src/journal/file-store.js';
import type { JournalPiece } from '../../src/journal/store.js';
import { registerColumns } from '../../src/testing/store-records.js';
import type { SetName } from '../../src/words/names.js';

const [, , task = '', folder = '', count = '0'] = process.argv;
const state = join(folder, 'state');
const set = 'blacklist' as SetName;

function ban(stamp: number) {
  return registerColumns([{ address: '192.0.2.1', stamp, origin: 'web1.sshd', reason: 'sshd' }]);
}

function tell(line: string): void {
  // At once, also when the next call is the last.
  writeSync(1, `${line}\n`);
}

function piecesOf(until: number): Generator<JournalPiece> {
  return (function* () {
    for (let stamp = 1; stamp <= until; stamp++) yield { set, columns: ban(stamp) };
  })();
}

async function stamps(): Promise<number[]> {
  const store = await openFileStore(state);
  const found: number[] = [];
  const { damage } = await store.load({
    entries: (_, columns) => found.push(...columns.stamps.subarray(0, columns.length)),
    cleared: () => undefined,
    foreign: () => undefined,
    widened: () => undefined,
  });
  await store.close();
  if (damage !== undefined) tell(`damage ${JSON.stringify(damage)}`);
  return found;
}

switch (task) {
  // Appends COUNT bans one by one, rewrites in between, and tells each that it may acknowledge.
  case 'append': {
    const store = await openFileStore(state);
    await store.load({
      entries: () => undefined,
      cleared: () => undefined,
      foreign: () => undefined,
      widened: () => undefined,
    });
    for (let stamp = 1; stamp <= Number(count); stamp++) {
      store.append(set, ban(stamp));
      tell(`kept ${String(stamp)}`);
      if (stamp % 3 === 0) await store.replace(piecesOf(stamp));
    }
    await store.close();
    tell('closed');
    break;
  }
  case 'list':
    tell(`found ${(await stamps()).join(' ')}`);
    break;
  // Counts instead of naming, for many.
  case 'count': {
    const found = new Set(await stamps());
    let inOrder = 0;
    while (found.has(inOrder + 1)) inOrder += 1;
    tell(`found ${String(inOrder)} of ${String(found.size)}`);
    break;
  }
  case 'hold':
    await openFileStore(state);
    tell('held');
    await sleep(60_000);
    break;
  case 'open':
    await openFileStore(state).then(
      (store) =>
        store.close().then(() => {
          tell('opened');
        }),
      (error: unknown) => {
        tell((error as Error).message);
      },
    );
    break;
  // Others fill the disk; bans are appended until the journal takes no more; then it is killed.
  case 'full':
  case 'heal': {
    const store = await openFileStore(state);
    const journal = new Journal(store, (sentence) => {
      tell(`warning ${sentence}`);
    });
    await journal.restore({
      entries: () => undefined,
      cleared: () => undefined,
      foreign: () => undefined,
      widened: () => undefined,
    });
    // Until what is reserved is reserved.
    await sleep(300);
    const filler = join(folder, 'filler');
    try {
      writeFileSync(filler, Buffer.alloc(64 << 20));
    } catch (error) {
      tell(`full ${String((error as NodeJS.ErrnoException).code)}`);
    }
    let stamp = 0;
    let kept = 0;
    for (; kept === stamp; stamp++) {
      journal.append(set, ban(stamp + 1));
      if (journal.durable) kept += 1;
      // Other threads have to tell that nothing can be reserved.
      if (stamp % 1000 === 0) await sleep(1);
      if (stamp === 100_000) tell(`at 100000 room is ${journal.room}`);
    }
    tell(`kept ${String(kept)}`);
    if (task === 'heal') {
      rmSync(filler);
      await journal.tend(() => piecesOf(stamp));
      tell(`durable ${String(journal.durable)}`);
      journal.append(set, ban(stamp + 1));
    }
    process.kill(process.pid, 'SIGKILL');
    await sleep(60_000);
    break;
  }
  default:
    throw new Error(`no task ${task}`);
}
