import { quote, readArguments } from '@vallum/options';
import { areRecipients } from './changes/recipients.js';
import { doctorOptions } from './options.js';

/** How the doctor is to say what it finds. */
export interface DoctorManner {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Findings of an earlier look. */
  readonly from?: string;
  /** Where findings are kept, to know what has changed. */
  readonly file?: string;
  readonly hook?: string;
  readonly mailTo?: string;
}

type Read =
  | { readonly ok: true; readonly manner: DoctorManner }
  /** What is wrong with the command line, as far as it is the manner. */
  | { readonly ok: false; readonly detail: string };

type Named = Omit<DoctorManner, 'json' | 'verbose'>;

const VALUES: Readonly<Record<string, keyof Named>> = {
  from: 'from',
  'changes-since': 'file',
  'on-change': 'hook',
  'mail-to': 'mailTo',
};

/**
 * Reads no further than the first mistake, so that what stands before it is known also where the rest, or
 * the configuration, cannot be used: that too is told in this manner.
 */
export function readManner(argv: readonly string[]): Read {
  let [json, verbose] = [false, false];
  const named: { -readonly [Key in keyof Named]: Named[Key] } = {};
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
    else if (key !== undefined && text !== '') named[key] = text;
  }
  const detail = faultOf(named, mistake);
  return detail === undefined
    ? { ok: true, manner: { json, verbose, ...named } }
    : { ok: false, detail };
}

/** Where the doctor looks, a mistake is a finding. */
function faultOf(
  { from, file, hook, mailTo }: Named,
  mistake: string | undefined,
): string | undefined {
  if (mailTo !== undefined && !areRecipients(mailTo)) {
    return (
      `--mail-to is ${quote(mailTo)}, to which no mail can be sent: write root or ops@example.org, ` +
      'and commas between several'
    );
  }
  if (mistake !== undefined) return from === undefined ? undefined : mistake;
  if (file !== undefined) return undefined;
  const [lone] = [hook && '--on-change', mailTo && '--mail-to'].filter((one) => one !== undefined);
  return lone === undefined ? undefined : `${lone} needs --changes-since FILE`;
}
