import { cutStamps } from '../lease/cut-stamps.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { messageOf } from '../words/message-of.js';
import type { SetName } from '../words/names.js';
import type { Complaints } from './complaints.js';
import type { ShareOptions } from './share-types.js';

/** Takes what other nodes know into the ledger. */
export class Taking {
  /** How many pieces are being taken. */
  #pieces = 0;

  constructor(
    private readonly options: Pick<ShareOptions, 'accept' | 'clock'>,
    private readonly complaints: Complaints,
  ) {}

  /** While it is true, what the ledger takes is from other nodes. */
  get isOn(): boolean {
    return this.#pieces > 0;
  }

  /** @param then called when it is in the ledger, or could not be taken, which is said */
  take(set: SetName, from: string, columns: RegisterColumns, then: () => void): void {
    const { clock, accept } = this.options;
    const cut = cutStamps(columns, 0, columns.length, clock.nowMs());
    if (cut > 0) {
      this.complaints.sayOf(from, 'stamps', `${cut} stamps more than a minute ahead, cut`);
    }
    const finish = (): void => {
      this.#pieces -= 1;
      then();
    };
    const failed = (error: unknown): void => {
      this.complaints.say(
        'accept',
        `what another node knows could not be taken: ${messageOf(error)}`,
      );
      finish();
    };
    this.#pieces += 1;
    let taking: void | Promise<void>;
    try {
      taking = accept(set, columns);
    } catch (error) {
      failed(error);
      return;
    }
    if (taking === undefined) finish();
    else taking.then(finish, failed);
  }
}
