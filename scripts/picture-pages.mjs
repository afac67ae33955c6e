// The pictures of the documentation that are made from something else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { darkPicture } from './dark-picture.mjs';
import { root } from './prepare.mjs';
import { recordingPicture } from './recording-picture.mjs';

/** docs/images/path-light.svg is drawn by hand; docs/images/recording.json is what `npm run recording` took. */
export function picturePages() {
  const read = (name) => readFileSync(join(root, 'docs/images', name), 'utf8');
  const recording = recordingPicture(JSON.parse(read('recording.json')));
  return [
    { path: 'docs/images/path-dark.svg', text: darkPicture(read('path-light.svg')) },
    { path: 'docs/images/recording-light.svg', text: recording },
    { path: 'docs/images/recording-dark.svg', text: darkPicture(recording) },
  ];
}
