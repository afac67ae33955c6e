import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Tells what a state folder keeps, a line a record, whether vallumd runs or not.
 *
 * @throws an error whose `code`, or that of its cause, is `ENOENT` where there is no journal
 */
export type DescribeJournal = (folder: string) => AsyncIterable<string>;

/** A line of `ledger.jsonl` is a record as JSON; empty ones stand where a write began. */
export async function* describeJournal(folder: string): AsyncGenerator<string> {
  const input = createReadStream(join(folder, 'ledger.jsonl'), 'utf8');
  // readline has no word for what goes wrong with its input.
  const failed = new Promise<never>((_resolve, reject) => input.once('error', reject));
  failed.catch(() => undefined);
  await Promise.race([new Promise((resolve) => input.once('open', resolve)), failed]);
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line !== '') yield line;
  }
}
