import { execFileSync } from 'node:child_process';
import { root } from './programs.mjs';

/**
 * The one time that packages carry, in Unix seconds: SOURCE_DATE_EPOCH, or that of the last commit
 * (reproducible-builds.org/specs/source-date-epoch).
 */
export function sourceDate() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  try {
    const text = execFileSync('git', ['log', '-1', '--format=%ct'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(text);
  } catch {
    throw new Error(
      'no commit tells the time of this source: set SOURCE_DATE_EPOCH (Unix seconds)',
    );
  }
}
