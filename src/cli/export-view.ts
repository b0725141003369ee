/**
 * The key e: what is on the screen as text, SVG or HTML, and the moment behind it as two lines of NDJSON (session and
 * interval, as `live --json` prints them), into two new files of the working directory: private (0600), never through a link,
 * never over another, and owned by the user who called sudo.
 */
import { closeSync, constants, fchownSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { asJson } from '../core/safe-text.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { intervalLine, sessionLine } from '../report/interval.ts';
import type { ExportView } from '../tui/session-shown.ts';
import { invokerOf } from './invoker.ts';
import { stampOf } from './stamp.ts';

export const exportTo =
  (directory: string, env: NodeJS.ProcessEnv): ExportView =>
  ({ as, text }, snapshot) => {
    const json = `${asJson(sessionLine(snapshot.header))}\n${asJson(intervalLine(snapshot))}\n`;
    try {
      const path = freeName(directory, snapshot);
      write(path + ENDINGS[as], text, env);
      write(`${path}.ndjson`, json, env);
      return `wrote ${path}${ENDINGS[as]}, and this moment's numbers to .ndjson (no recording: r makes one)`;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return `nothing was written to ${directory}: ${code ?? message}`;
    }
  };

const ENDINGS = { text: '.txt', svg: '.svg', html: '.html' } as const;

const MOST_OF_A_SECOND = 100;

/** `stallscope-2026-11-21T140230`, with a number behind it for a second one of the same moment. */
const freeName = (directory: string, { realMs }: Snapshot): string => {
  const stamp = stampOf(realMs);
  for (let number = 1; number <= MOST_OF_A_SECOND; number += 1) {
    const path = resolve(directory, `stallscope-${stamp}${number === 1 ? '' : `-${number}`}`);
    if (![...Object.values(ENDINGS), '.ndjson'].some((ending) => isTaken(path + ending))) return path;
  }
  throw new Error('there are too many of this moment already');
};

const isTaken = (path: string): boolean => {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
};

const write = (path: string, text: string, env: NodeJS.ProcessEnv): void => {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    const owner = invokerOf(env);
    if (owner !== null) fchownSync(fd, owner.uid, owner.gid);
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
};
