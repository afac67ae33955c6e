import { describe, expect, it } from '@jest/globals';
import { finding, type Finding, type Level } from '@vallum/doctor';
import { compareFindings, type KeptFindings } from './compare-findings.js';

const NOW = 1_795_416_400;
const HOUR = 3600;
const rules = (level: Level, message = 'a message') =>
  finding(level, 'rules', 'blacklist', message);
const room = (level: Level) => finding(level, 'room', 'blacklist', 'a message');
const unusable = finding('critical', 'configuration', 'vallumd', 'there is no key "topcs"');

/** Looks one after the other, each told, an hour apart; the changes of each as `was → is`. */
function looks(...each: readonly (readonly Finding[])[]): string[][] {
  let kept: KeptFindings | undefined;
  return each.map((findings, at) => {
    const { changes, told } = compareFindings(kept, findings, NOW + at * HOUR);
    kept = told;
    return changes.map(({ about, was, is }) => `${about}: ${was ?? '-'} → ${is}`);
  });
}

describe('what has changed', () => {
  it('is all that is not in order, the first time, and nothing where all is', () => {
    expect(looks([rules('ok'), room('unknown')])).toEqual([['room blacklist: - → unknown']]);
    expect(looks([rules('ok')])).toEqual([[]]);
    expect(compareFindings(undefined, [rules('ok')], NOW).was).toBeUndefined();
  });

  it('is what appears, gets better or worse, is mended, or is not there any more', () => {
    expect(
      looks(
        [rules('ok')],
        [rules('warning')],
        [rules('critical')],
        [rules('unknown'), room('warning')],
        [rules('ok')],
      ),
    ).toEqual([
      [],
      ['rules blacklist: - → warning'],
      ['rules blacklist: warning → critical'],
      ['rules blacklist: critical → unknown', 'room blacklist: - → warning'],
      ['rules blacklist: unknown → ok', 'room blacklist: warning → gone'],
    ]);
  });

  it('is not what says the same in other words, nor what is as it was', () => {
    const [, ...later] = looks(
      [rules('warning', '8 days left')],
      [rules('warning', '7 days left')],
    );
    expect(later).toEqual([[]]);
  });

  it('takes the worst of several findings about one thing', () => {
    expect(looks([rules('ok'), rules('critical'), rules('warning')])).toEqual([
      ['rules blacklist: - → critical'],
    ]);
  });

  it('takes nothing for mended that was not looked at, because the configuration is unusable', () => {
    expect(looks([rules('critical')], [unusable], [rules('critical')])).toEqual([
      ['rules blacklist: - → critical'],
      ['configuration vallumd: - → critical'],
      ['configuration vallumd: critical → gone'],
    ]);
  });

  it('stays to be told where it could not be', () => {
    const { untold } = compareFindings(undefined, [rules('critical')], NOW);
    const again = compareFindings(untold, [rules('critical')], NOW + HOUR);
    expect(again.changes).toMatchObject([{ about: 'rules blacklist', is: 'critical' }]);
  });

  it('is told four times a day where it goes to and fro, then once it keeps still', () => {
    let kept: KeptFindings | undefined;
    const told: [hour: number, restless: boolean][] = [];
    const look = (hour: number, level: Level) => {
      const compared = compareFindings(kept, [rules(level)], NOW + hour * HOUR);
      kept = compared.told;
      for (const { restless } of compared.changes) told.push([hour, restless]);
      return compared;
    };
    look(0, 'ok');
    for (let hour = 1; hour <= 9; hour++) look(hour, hour % 2 === 1 ? 'critical' : 'ok');
    expect(told).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, true],
    ]);
    // It stays critical: known to be, though nobody was told yet.
    expect(look(20, 'critical')).toMatchObject({ is: 'critical', changes: [] });
    expect(look(40, 'critical').changes).toMatchObject([{ was: undefined, is: 'critical' }]);
  });

  it('is not called restless where it is told because it keeps still', () => {
    let kept: KeptFindings | undefined;
    const look = (hour: number, level: Level) => {
      const compared = compareFindings(kept, [rules(level)], NOW + hour * HOUR);
      kept = compared.told;
      return compared.changes;
    };
    look(0, 'ok');
    for (let hour = 1; hour <= 9; hour++) look(hour, hour % 2 === 1 ? 'critical' : 'ok');
    // Of its changes those at 6, 7, 8 and 9 o'clock are of the last day.
    expect(look(29.5, 'critical')).toEqual([
      { about: 'rules blacklist', was: undefined, is: 'critical', restless: false },
    ]);
  });

  it('is told of the others, while one goes to and fro', () => {
    let kept: KeptFindings | undefined;
    for (let hour = 0; hour < 10; hour++) {
      const level = hour % 2 === 1 ? 'critical' : 'ok';
      kept = compareFindings(kept, [rules(level), room('ok')], NOW + hour * HOUR).told;
    }
    const { changes } = compareFindings(kept, [rules('ok'), room('critical')], NOW + 11 * HOUR);
    expect(changes.map(({ about }) => about)).toEqual(['room blacklist']);
  });
});
