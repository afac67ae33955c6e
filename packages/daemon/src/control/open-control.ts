import { lstatSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { VallumError } from '@vallum/core';
import { IN_STATE_FOLDER } from './control-path.js';
import { listenOnSocket } from './listen-on-socket.js';
import type { NodeView } from './node-view.js';
import type { RouterOptions } from './router.js';
import { serveConnections } from './serve.js';

export interface ControlOptions {
  readonly view: NodeView;
  /** undefined: none is wanted. */
  readonly path: string | undefined;
  readonly stateFolder: string | undefined;
  readonly warn: (message: string, event: string) => void;
  /** undefined: nothing is counted. */
  readonly metrics: RouterOptions['metrics'];
}

export interface Control {
  close(): Promise<void>;
}

/**
 * Opens the control socket, and has the state folder name it, so that `--state-dir` finds it. A node
 * without one bans all the same.
 */
export async function openControl({
  view,
  path,
  stateFolder,
  warn,
  metrics,
}: ControlOptions): Promise<Control | undefined> {
  if (path === undefined) return undefined;
  try {
    const socket = await listenOnSocket(path, serveConnections(view, { mayAct: true, metrics }));
    if (stateFolder !== undefined) nameInFolder(stateFolder, path);
    if (socket.rootOnly !== undefined) {
      warn(`only root may use the control socket ${path}: ${socket.rootOnly}`, 'control-root-only');
    }
    return socket;
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    warn(`${error.message}; bans work all the same, vallumd status does not`, 'no-control');
    return undefined;
  }
}

/** What stands there already is replaced only where it is a link of ours. */
function nameInFolder(folder: string, path: string): void {
  const name = join(folder, IN_STATE_FOLDER);
  if (resolve(name) === resolve(path)) return;
  try {
    if (lstatSync(name).isSymbolicLink()) {
      if (resolve(dirname(name), readlinkSync(name)) === resolve(path)) return;
      unlinkSync(name);
    } else if (lstatSync(name).isSocket()) {
      unlinkSync(name);
    }
  } catch {
    // Nothing is there.
  }
  try {
    symlinkSync(resolve(path), name);
  } catch {
    // The folder may be read-only by now: `--control` finds the socket.
  }
}
