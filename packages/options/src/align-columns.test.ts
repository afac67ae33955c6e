import { describe, expect, it } from '@jest/globals';
import { alignColumns } from './align-columns.js';

describe('rows in columns', () => {
  it('are as wide as their widest cell, and end without blanks', () => {
    expect(
      alignColumns([
        ['node', 'bans', 'since'],
        ['fw1', '1,204', ''],
        ['größer', '7', 'today'],
      ]),
    ).toEqual(['node    bans   since', 'fw1     1,204', 'größer  7      today']);
  });

  it('can stand to the right', () => {
    expect(
      alignColumns(
        [
          ['a', '1'],
          ['b', '1,204'],
        ],
        (column) => column === 1,
      ),
    ).toEqual(['a      1', 'b  1,204']);
  });

  it('are not pushed away by what goes on alone to the end of a shorter row', () => {
    expect(
      alignColumns([
        ['node', 'state', 'ban'],
        ['fw1', 'a long remark of one cell'],
        ['fw2', 'blocked', '203.0.113.7'],
      ]),
    ).toEqual([
      'node  state    ban',
      'fw1   a long remark of one cell',
      'fw2   blocked  203.0.113.7',
    ]);
  });

  it('may be many, and what is asked of a column is asked once', () => {
    const asked: number[] = [];
    const lines = alignColumns(
      Array.from({ length: 200_000 }, (_, number) => ['a', number.toString()]),
      (column) => {
        asked.push(column);
        return column === 1;
      },
    );
    expect(asked).toEqual([0, 1]);
    expect([lines.length, lines[7], lines.at(-1)]).toEqual([200_000, 'a       7', 'a  199999']);
  });

  it('may be none', () => {
    expect(alignColumns([])).toEqual([]);
  });
});
