import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { temporaryFolder } from '@vallum/test-kit';
import { controlPath, findControlPath } from './control-path.js';

const none = { control: undefined, 'state-dir': undefined };

it('leads a command to the socket that the state folder names, where none is in its usual place', () => {
  const [folder, runtime] = [temporaryFolder(), temporaryFolder()];
  const env = { RUNTIME_DIRECTORY: runtime };
  const usual = join(runtime, 'control.sock');
  const named = join(folder, 'control.sock');
  expect(findControlPath(none, folder, env)).toBe(usual);
  writeFileSync(named, '');
  expect(findControlPath(none, folder, env)).toBe(named);
  // The daemon itself listens where it always does.
  expect(controlPath(none, folder, env)).toBe(usual);
  writeFileSync(usual, '');
  expect(findControlPath(none, folder, env)).toBe(usual);
});

it('leaves what --control says as it is', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'control.sock'), '');
  expect(findControlPath({ ...none, control: '/c.sock' }, folder, {})).toBe('/c.sock');
  expect(findControlPath({ ...none, control: '' }, folder, {})).toBeUndefined();
  expect(findControlPath(none, undefined, {})).toBeUndefined();
});
