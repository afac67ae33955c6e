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

  it('may be none', () => {
    expect(alignColumns([])).toEqual([]);
  });
});
