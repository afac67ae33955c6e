import type { Report } from './report.js';

/** Collects one report for each of several requests. One promise for all: they come by the thousand. */
export class ReportCollector {
  /** All reports, in the order of the requests, once the last is there. */
  readonly all: Promise<Report[]>;
  readonly #reports: Report[];
  #open: number;
  #resolve: (reports: Report[]) => void = () => undefined;

  constructor(count: number) {
    this.#reports = new Array<Report>(count);
    this.#open = count;
    this.all = new Promise((resolve) => (this.#resolve = resolve));
    if (count === 0) this.#resolve(this.#reports);
  }

  put(index: number, report: Report): void {
    this.#reports[index] = report;
    this.#open -= 1;
    if (this.#open === 0) this.#resolve(this.#reports);
  }
}
