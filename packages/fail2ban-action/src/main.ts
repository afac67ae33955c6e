import { hideBin } from 'yargs/helpers';
import { runGenerator } from './run-generator.js';

process.exitCode = await runGenerator(hideBin(process.argv), {
  stdout: process.stdout,
  stderr: process.stderr,
});
