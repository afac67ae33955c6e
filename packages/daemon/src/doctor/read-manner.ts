import { readArguments } from '@vallum/options';
import { doctorOptions } from './options.js';

/** How the doctor is to say what it finds. */
export interface Manner {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Findings of an earlier look. */
  readonly from?: string;
  /** Where findings are kept, to know what has changed. */
  readonly file?: string;
  readonly hook?: string;
  readonly mailTo?: string;
  /** What is wrong with the command line, as far as it is the manner. */
  readonly fault?: string;
}

const VALUES: Readonly<Record<string, 'from' | 'file' | 'hook' | 'mailTo'>> = {
  from: 'from',
  'changes-since': 'file',
  'on-change': 'hook',
  'mail-to': 'mailTo',
};

/**
 * Reads no further than the first mistake, so that what stands before it is known also where the rest, or
 * the configuration, cannot be used: that too is told in this manner.
 */
export function readManner(argv: readonly string[]): Manner {
  let [json, verbose] = [false, false];
  const values: Partial<Record<'from' | 'file' | 'hook' | 'mailTo', string>> = {};
  let mistake: string | undefined;
  for (const found of readArguments(doctorOptions, argv)) {
    if (!found.ok) {
      mistake = found.detail;
      break;
    }
    if (found.value.kind !== 'option') continue;
    const { option, text } = found.value;
    const key = VALUES[option.name];
    if (option.name === 'json') json = text === 'true';
    else if (option.name === 'verbose') verbose = text === 'true';
    else if (key !== undefined && text !== '') values[key] = text;
  }
  const fault = faultOf(values, mistake);
  return { json, verbose, ...values, ...(fault === undefined ? {} : { fault }) };
}

/** Where the doctor looks, a mistake is a finding. */
function faultOf(
  { from, file, hook, mailTo }: Omit<Manner, 'json' | 'verbose'>,
  mistake: string | undefined,
): string | undefined {
  if (mistake !== undefined) return from === undefined ? undefined : mistake;
  if (file !== undefined) return undefined;
  const [lone] = [hook && '--on-change', mailTo && '--mail-to'].filter((one) => one !== undefined);
  return lone === undefined ? undefined : `${lone} needs --changes-since FILE`;
}
