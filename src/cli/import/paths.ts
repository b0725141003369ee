/** The files that paths stand for: themselves, and what is in folders. Links in folders are not followed. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Chunks } from '../../foreign/lines.ts';
import type { Context } from '../context.ts';
import { openInput } from '../input.ts';

export type Found = {
  /** For messages. */
  readonly name: string;
  /** Which of the paths that were given it belongs to. */
  readonly under: string;
  /** Given by name, and not only found. */
  readonly isAsked: boolean;
  readonly writtenMs: number;
  readonly open: () => Chunks;
};

const MOST_FILES = 200_000;
const MOST_DEPTH = 32;

/** Throws what looking at them throws. */
export function* filesUnder({ stdin }: Pick<Context, 'stdin'>, paths: readonly string[]): Generator<Found> {
  for (const path of paths) {
    if (path === '-') {
      yield { name: 'stdin', under: path, isAsked: true, writtenMs: Date.now(), open: () => stdin };
      continue;
    }
    const stat = statSync(path);
    if (stat.isDirectory()) yield* filesIn(path, path, { left: MOST_FILES }, 0);
    else yield fileAt(path, path, true);
  }
}

function* filesIn(folder: string, under: string, bound: { left: number }, depth: number): Generator<Found> {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < MOST_DEPTH) yield* filesIn(path, under, bound, depth + 1);
    if (!entry.isFile()) continue;
    bound.left -= 1;
    if (bound.left < 0) return;
    yield fileAt(path, under, false);
  }
}

const fileAt = (path: string, under: string, isAsked: boolean): Found => ({
  name: path,
  under,
  isAsked,
  get writtenMs() {
    return statSync(path).mtimeMs;
  },
  open: () => openInput(path),
});
