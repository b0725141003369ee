/**
 * What the last report said, in one file of ours: `--state FILE`, $STATE_DIRECTORY of a systemd unit, /var/lib/stallscope of root,
 * or ~/.local/state/stallscope. A file there that is not ours is neither read as one nor written over.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EarlierExtents } from '../core/file-extents.ts';
import type { OpenFile } from '../core/inspection.ts';
import { failure } from '../errors.ts';
import type { Counted, Earlier } from '../extents/report.ts';
import { readSmallFile } from '../probes/small-file.ts';
import { readExtentsState, writeExtentsState } from '../wire/extents-state.ts';
import type { Context } from './context.ts';
import { invokerOf } from './invoker.ts';
import { stateFile } from './state-folder.ts';
import { writeWhole } from './whole-file.ts';

const NAME = 'extents.json';
const MAX_BYTES = 512 * 1024 * 1024;

type Environment = Context['env'];

export const statePath = (env: Environment): string | null => stateFile(env, NAME);

/** @throws E_CONFIG where there is a file that is none of ours */
export const readState = (path: string | null): ReadonlyMap<string, Earlier> => {
  if (path === null) return new Map();
  let text: string;
  try {
    text = readSmallFile(path, MAX_BYTES);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return new Map();
    throw failure('E_CONFIG', { path, why: code ?? (error as Error).message }, error);
  }
  const state = readExtentsState(text);
  if (state === null) throw failure('E_CONFIG', { path, why: 'it is no report of extents of ours' });
  return state;
};

/** What was counted whole takes the place of what was known; what was not counted now is kept. Why it failed, or null. */
export const writeState = (
  path: string,
  earlier: ReadonlyMap<string, Earlier>,
  counted: readonly Counted[],
  env: Environment,
): string | null => {
  const state = new Map(earlier);
  for (const { path: file, identity, extents, isLeast, atMs } of counted)
    if (extents !== null && !isLeast) state.set(file, { identity, extents, atMs });
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeWhole(path, writeExtentsState(state), { force: true, owner: invokerOf(env) });
    return null;
  } catch (error) {
    const { code, cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
    return `${path} was not written (${cause?.code ?? code}): the next report will not know what has grown`;
  }
};

/** What the last report, as it is now, said of an open file. */
export const earlierIn = (env: Environment, nowMs: number): ((file: OpenFile) => EarlierExtents | null) => {
  const state = readStateOrNothing(statePath(env));
  return (file) => earlierOf(state, file, nowMs);
};

/** By name, inode and birth: a name and a number are soon given to another. */
const earlierOf = (
  state: ReadonlyMap<string, Earlier>,
  { path, birth }: OpenFile,
  nowMs: number,
): EarlierExtents | null => {
  const earlier = birth === undefined ? undefined : state.get(path);
  if (earlier === undefined || birth === undefined || earlier.atMs >= nowMs) return null;
  const [ino = '', bornNs = ''] = earlier.identity.split(' ');
  const isSame = Number(ino) === birth.ino && Number(BigInt(bornNs) / 1_000_000n) === birth.bornMs;
  return isSame ? { extents: earlier.extents, agoMs: Math.round(nowMs - earlier.atMs) } : null;
};

/** A session does not end because a report cannot be read. */
const readStateOrNothing = (path: string | null): ReadonlyMap<string, Earlier> => {
  try {
    return readState(path);
  } catch {
    return new Map();
  }
};
