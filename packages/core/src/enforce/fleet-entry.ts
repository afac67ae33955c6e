import { addressColumns } from '../address/address-columns.js';
import type { Address } from '../address/address.js';
import type { Page } from '../ledger/page.js';
import type { ProtectedEntry } from '../policy/protect-list.js';
import type { Clock } from '../system/clock.js';
import { escapeForDisplay } from '../words/escape.js';
import { describeTime } from '../words/local-time.js';
import { compareRecords, leaseRecordAt, type LeaseRecord } from './lease-record.js';
import { nowUnix } from './now-unix.js';

/** Longer than any reason may be. */
const MOST_SHOWN = 300;

/** An entry of the fleet's protect list: who asked for it is looked up when somebody wants to know. */
export class FleetEntry implements ProtectedEntry {
  constructor(
    readonly address: Address,
    private readonly page: Page,
    private readonly clock: Clock,
  ) {}

  /** What lives of it, what lasts longest first. */
  get leases(): LeaseRecord[] {
    const { page } = this;
    const columns = page.registersAt(page.findAt(addressColumns(page.family, [this.address]), 0));
    const records: LeaseRecord[] = [];
    for (let index = 0; index < columns.length; index++) {
      records.push(leaseRecordAt(page.set, columns, index, nowUnix(this.clock)));
    }
    return records.filter(({ live }) => live).sort(compareRecords);
  }

  /** `fleet's protect list: origin admin.alice, reason "office", until 2026-12-24 18:00:00 CET` */
  get because(): string {
    const [lease, ...more] = this.leases;
    if (lease === undefined) return "fleet's protect list";
    const { origin, reason, until } = lease;
    const said = [
      origin === '' ? 'anonymous' : `origin ${origin}`,
      ...(reason === undefined ? [] : [`reason "${escapeForDisplay(reason, MOST_SHOWN)}"`]),
      typeof until === 'number' ? `until ${describeTime(until)}` : 'for ever',
      ...(more.length === 0 ? [] : [`and ${String(more.length)} more`]),
    ];
    return `fleet's protect list: ${said.join(', ')}`;
  }
}
