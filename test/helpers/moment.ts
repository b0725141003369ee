/** Moments of the bundled recordings, as a replay shows them. */
import { basename } from 'node:path';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { examples } from './examples.ts';

export const momentOf = (name: string, sample: number): WatchedSnapshot => {
  const path = examples.find((example) => basename(example).startsWith(name));
  if (path === undefined) throw new Error(`no bundled recording is called ${name}`);
  const recording = openRecording(path);
  const snapshot = createCursor(recording).moveTo(sample);
  recording.close();
  return snapshot;
};
