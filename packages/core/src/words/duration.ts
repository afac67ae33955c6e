import { failure, success, type Result } from './result.js';
import { MAX_UNIX_SECONDS } from './unix-time.js';
import { escapeForDisplay } from './escape.js';

const SECONDS = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 } as const;
const UNITS = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/;

/**
 * Reads how long a ban lasts, as people and fail2ban write it: `90` and `90s`, `1h`, `1d12h`, and
 * for ever as `never`, `-1` or `0`.
 *
 * @returns seconds
 */
export function parseDuration(text: string): Result<number | 'never', 'bad-duration'> {
  if (text === 'never' || text === '-1') return success('never');
  const seconds = durationSeconds(text);
  if (seconds === undefined) {
    return failure(
      'bad-duration',
      `${escapeForDisplay(text, 40) || 'nothing'} is no duration: write seconds (3600), units from ` +
        'large to small (1d12h; w, d, h, m, s) or never',
    );
  }
  if (seconds > MAX_UNIX_SECONDS) {
    return failure(
      'bad-duration',
      `${escapeForDisplay(text, 40)} goes beyond the year 9999: write never`,
    );
  }
  return success(seconds === 0 ? 'never' : seconds);
}

/**
 * Reads a length of time alone: `90`, `90s`, `1h30`, `1d12h`, units from large to small.
 *
 * @returns seconds, without a bound; undefined where the text is none
 */
export function durationSeconds(text: string): number | undefined {
  const counts = UNITS.exec(text)?.slice(1);
  if (counts === undefined || text === '') return undefined;
  return Object.values(SECONDS).reduce(
    (sum, unit, index) => sum + unit * Number(counts[index] ?? 0),
    0,
  );
}
