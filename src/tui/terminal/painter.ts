/**
 * Puts whole frames on the terminal by writing only the lines that changed.
 *
 * Ink's own output clears the scrollback when a frame is as tall as the terminal, and its incremental mode paints
 * wrong lines (measured on 6.7 and 6.8), so Ink only composes frames here and this paints them: each changed line
 * is addressed absolutely, erased and written inside a synchronized update. Nothing is ever scrolled, so a frame
 * may fill the terminal to its last cell. Erasing comes before writing because erasing after the last column
 * would take the last character with it.
 *
 * A terminal that does not drain gets no more frames until it does, then only the latest one.
 */
import type { Size } from '../../screen/size.ts';

export type PainterOutput = {
  /** False when the reader does not keep up; `drain` is then called once it does. */
  write(text: string): boolean;
  onDrain(resume: () => void): void;
};

export type Painter = {
  /** Shows this frame; lines beyond the terminal's height are left out. */
  paint(lines: readonly string[]): void;
  /** Forgets what is on the screen and paints every line of the latest frame: after a resize, Ctrl-L, or `fg`. */
  repaint(): void;
  /** The terminal is somebody else's until the next `repaint`; frames are remembered, and not written. */
  pause(): void;
  /** Nothing is written from here on, also not by a drain under way. */
  stop(): void;
};

const BEGIN = '\x1b[?2026h';
const END = '\x1b[0m\x1b[?2026l';

export const createPainter = (output: PainterOutput, size: () => Size): Painter => {
  let shown: readonly string[] | null = null;
  let shownSize: Size | null = null;
  let latest: readonly string[] = [];
  let draining = false;
  let stopped = false;
  let paused = false;

  const flush = (): void => {
    if (stopped || paused || draining) return;
    const now = size();
    const same = shown !== null && shownSize?.columns === now.columns && shownSize.rows === now.rows;
    const frame = latest.slice(0, now.rows);
    const changes = same
      ? changedLines(shown ?? [], frame, now.rows)
      : `\x1b[0m\x1b[2J${changedLines([], frame, now.rows)}`;
    shown = frame;
    shownSize = now;
    if (changes === '') return;
    if (output.write(BEGIN + changes + END)) return;
    draining = true;
    output.onDrain(() => {
      draining = false;
      flush();
    });
  };

  return {
    paint: (lines) => {
      latest = lines;
      flush();
    },
    repaint: () => {
      paused = false;
      shown = null;
      flush();
    },
    pause: () => {
      paused = true;
    },
    stop: () => {
      stopped = true;
    },
  };
};

const changedLines = (before: readonly string[], after: readonly string[], rows: number): string => {
  let out = '';
  for (let row = 0; row < Math.min(rows, Math.max(before.length, after.length)); row += 1) {
    const line = after[row] ?? '';
    if (line !== (before[row] ?? '')) out += `\x1b[${row + 1};1H\x1b[0m\x1b[2K${line}`;
  }
  return out;
};
