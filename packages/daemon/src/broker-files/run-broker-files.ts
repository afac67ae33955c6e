import { VallumError } from '@vallum/core';
import { renderHelp, resolveOptions } from '@vallum/options';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { DaemonIo } from '../system-io.js';
import { readFleet } from './fleet.js';
import { Folder } from './folder.js';
import { makeFiles } from './make-files.js';
import { nextSteps } from './next-steps.js';
import { brokerFilesOptions } from './options.js';

type BrokerFilesIo = Pick<DaemonIo, 'print' | 'errors' | 'columns'>;

/**
 * Runs `vallumd broker-files`: makes all that a broker, nodes and publishers need to trust each other.
 *
 * @param argv what follows `broker-files`
 */
export async function runBrokerFiles(
  argv: readonly string[],
  io: BrokerFilesIo,
): Promise<ExitCode> {
  const complain = (sentence: string) => {
    io.errors.write(`vallumd broker-files: ${sentence}\n`);
  };
  const resolved = resolveOptions(brokerFilesOptions, { argv, env: {} });
  if (!resolved.ok) {
    complain(resolved.detail);
    return EXIT.usage;
  }
  const { values } = resolved.value;
  if (values.help === true) {
    io.print(await renderBrokerFilesHelp(io.columns));
    return EXIT.ok;
  }
  const fleet = readFleet(values);
  if (typeof fleet === 'string' || values.output === undefined) {
    complain(typeof fleet === 'string' ? fleet : 'no folder is named: --output FOLDER');
    return EXIT.usage;
  }
  try {
    const folder = new Folder(values.output);
    await makeFiles(folder, fleet);
    io.print(nextSteps(folder, fleet));
    return EXIT.ok;
  } catch (error) {
    if (error instanceof VallumError) {
      complain(error.message);
      return error.code === 'PERMISSION_DENIED' ? EXIT.noPermission : EXIT.unavailable;
    }
    const { code, path, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || path === undefined) throw error;
    const remedy = syscall === 'mkdir' ? '; choose another folder (--output)' : '';
    complain(`${path} cannot be made or read: ${code}${remedy}`);
    return code === 'EACCES' ? EXIT.noPermission : EXIT.unavailable;
  }
}

function renderBrokerFilesHelp(columns?: number): Promise<string> {
  return renderHelp(brokerFilesOptions, {
    program: 'vallumd broker-files',
    usage:
      'Usage: vallumd broker-files --broker NAME --nodes NAMES --publishers NAMES --output FOLDER\n\n' +
      'Makes a CA and the certificate, password file, access rules and configuration for a Mosquitto\n' +
      'broker, and for each machine a folder with what it needs. Run it again to add a machine: files\n' +
      'that exist already stay as they are.',
    epilogue: 'Exit codes: 0 done, 64 usage, 69 openssl is missing or failed, 77 not permitted.',
    ...(columns === undefined ? {} : { columns }),
  });
}
