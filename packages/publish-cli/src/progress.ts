/** Shows how far a long list is; nothing where nobody watches or the list is short. */
export interface Progress {
  /** Called as entries are read; `estimate` is the number expected in all. */
  read(entries: number, estimate: number): void;
  confirmed(entries: number): void;
  stop(): void;
}

export interface ProgressStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

/** Below this a list is sent before a bar could be read. */
const LONG_LIST = 1000;

export const noProgress: Progress = {
  read: () => undefined,
  confirmed: () => undefined,
  stop: () => undefined,
};

export function createProgress(stream: ProgressStream, wanted: boolean): Progress {
  if (!wanted || stream.isTTY !== true) return noProgress;
  let total = 0;
  let confirmed = 0;
  let bar: Bar | undefined;
  let stopped = false;
  let loading = false;

  const load = async () => {
    loading = true;
    const { default: cliProgress } = await import('cli-progress');
    if (stopped) return;
    bar = new cliProgress.SingleBar(
      {
        stream,
        format: 'confirmed {bar} {percentage}% | {value} of {total} | {eta_formatted} left',
        clearOnComplete: true,
        hideCursor: true,
      },
      cliProgress.Presets.shades_classic,
    );
    bar.start(total, confirmed);
  };

  return {
    read(entries, estimate) {
      total = Math.max(entries, estimate);
      if (!loading && total >= LONG_LIST) void load();
      bar?.setTotal(total);
    },
    confirmed(entries) {
      confirmed += entries;
      bar?.update(confirmed);
    },
    stop() {
      stopped = true;
      bar?.stop();
      bar = undefined;
    },
  };
}

interface Bar {
  start(total: number, value: number): void;
  setTotal(total: number): void;
  update(value: number): void;
  stop(): void;
}
