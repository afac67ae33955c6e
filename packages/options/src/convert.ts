import { durationSeconds } from '@vallum/core/protocol';
import type { OptionDefinition } from './option.js';
import { quote } from './quote.js';
import { failure, success, type Result } from './result.js';

export type OptionValue = string | number | boolean | readonly string[];

const TRUE = new Set(['true', 'yes', 'on', '1']);
const FALSE = new Set(['false', 'no', 'off', '0']);

/** Turns the text of one value into what the option's type says; a list takes one element. */
export function convert(option: OptionDefinition, text: string): Result<OptionValue, 'bad-value'> {
  if (text === '' && option.secret !== true && option.mayBeEmpty !== true) {
    return bad('is empty', option);
  }
  if (text.includes('\0')) return bad('holds a NUL character', option);
  switch (option.type) {
    case 'string':
    case 'file':
      return success(text);
    case 'string[]':
      return success([text]);
    case 'boolean':
      if (TRUE.has(text.toLowerCase())) return success(true);
      if (FALSE.has(text.toLowerCase())) return success(false);
      return bad(`is ${quote(text)}; write true or false`, option);
    case 'enum':
      return (option.choices ?? []).includes(text)
        ? success(text)
        : bad(`is ${quote(text)}; it can be ${orList(option.choices ?? [])}`, option);
    case 'integer':
      return inRange(option, text, /^-?\d{1,15}$/.test(text) ? Number(text) : undefined);
    case 'section':
      return bad('stands in the configuration file only', option);
    case 'duration':
      return inRange(option, text, durationSeconds(text));
    case 'share': {
      const share = readShare(text);
      return share === undefined
        ? bad(`is ${quote(text)}; it must be a share from 0 to 1, such as 1/4, 25% or 0.25`, option)
        : success(share);
    }
  }
}

/** `1/4`, `25%` or `0.25`. */
function readShare(text: string): number | undefined {
  const [, dividend, divisor = '1', percent] =
    /^(\d{1,9}(?:\.\d{1,9})?)(?:\/([1-9]\d{0,8})|(%))?$/.exec(text) ?? [];
  const share = Number(dividend) / Number(divisor) / (percent === undefined ? 1 : 100);
  return share <= 1 ? share : undefined;
}

function inRange(
  option: OptionDefinition,
  text: string,
  value: number | undefined,
): Result<OptionValue, 'bad-value'> {
  const { minimum = 0, maximum } = option;
  const fits =
    Number.isSafeInteger(value) &&
    value !== undefined &&
    value >= minimum &&
    value <= (maximum ?? value);
  if (fits) return success(value);
  const range =
    maximum === undefined
      ? `of at least ${minimum.toString()}`
      : `from ${minimum.toString()} to ${maximum.toString()}`;
  return option.type === 'integer'
    ? bad(`is ${quote(text)}; it must be a whole number ${range}`, option)
    : bad(
        `is ${quote(text)}; it must be a time ${range} seconds, such as 90, 10m, 1h30m or 2d`,
        option,
      );
}

function bad(problem: string, option: OptionDefinition): Result<OptionValue, 'bad-value'> {
  return failure(
    'bad-value',
    option.secret === true ? problem.replace(/^is ".*";/, 'is wrong;') : problem,
  );
}

export function orList(words: readonly string[]): string {
  return words.length < 2
    ? (words[0] ?? '')
    : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
