import { renderHelp } from '@vallum/options';
import { doctorOptions } from './options.js';

export function renderDoctorHelp(columns?: number): Promise<string> {
  return renderHelp(doctorOptions, {
    program: 'vallumd doctor',
    usage:
      'Usage: vallumd doctor [the options of vallumd] [-v] [--json]\n' +
      '       vallumd doctor --changes-since FILE [--on-change PROGRAM] [--mail-to ADDRESS]\n\n' +
      'Says whether this machine is really protected: problems first, with what to do about them,\n' +
      'then how many checks are in order. What could not be looked at is unknown, never ok.\n' +
      'It changes nothing, and leaves a running vallumd alone.',
    epilogue:
      'Exit codes: 0 all is well, 1 warnings, 2 critical, 3 something could not be looked at;\n' +
      '66 no findings in the file of --from, 69 a change could not be told, or nothing can be kept.',
    ...(columns === undefined ? {} : { columns }),
  });
}
