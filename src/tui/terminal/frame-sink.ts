/**
 * What Ink is given for stdout. In its documented debug mode Ink writes one whole frame per render, and this hands
 * each to the painter as lines. It is deliberately no TTY: Ink then neither hides nor shows the cursor itself.
 *
 * Finished lines pass through Ink as one character each and are put back here. Ink takes every line apart into
 * styled cells and joins them again, changed or not: with that the whole process took 45.7 ms of CPU per frame of
 * 160 by 50 cells, without it 19.1 (Ink 6.8, 200 rows, one frame a second, one run of 20 s each). So a line must
 * fill a whole row of the terminal: side by side with another it would not be found again. The characters are from the private use area, which `clean` in
 * screen/format.ts lets nobody else use.
 */
import { EventEmitter } from 'node:events';
import type { Size } from '../../screen/size.ts';
import type { Painter } from './painter.ts';

export type FrameSink = {
  readonly stream: NodeJS.WriteStream;
  /** A stand-in for a finished line, good for the frame under way. */
  standIn(line: string): string;
};

const FIRST = 0xe000;
/** As many as the private use area has; no terminal has as many rows. */
const MOST = 6400;

export const createFrameSink = (painter: Painter, size: () => Size): FrameSink => {
  let lines: string[] = [];

  const standIn = (line: string): string => {
    if (lines.length >= MOST) return line;
    lines.push(line);
    return String.fromCharCode(FIRST + lines.length - 1);
  };

  const restored = (row: string): string => {
    const index = row.charCodeAt(0) - FIRST;
    return row.length === 1 ? (lines[index] ?? row) : row;
  };

  const write = (frame: string, done?: unknown): boolean => {
    // Ink ends with an empty write as a barrier for its exit promise.
    if (frame !== '') painter.paint(frame.split('\n').map(restored));
    lines = [];
    if (typeof done === 'function') done();
    return true;
  };

  const stream = Object.assign(new EventEmitter(), { writable: true, isTTY: false, write });
  // As wide as a stand-in: Ink builds and joins a styled cell for each place of its layout, blank or not.
  Object.defineProperty(stream, 'columns', { value: 1 });
  Object.defineProperty(stream, 'rows', { get: () => size().rows });
  return { stream: stream as unknown as NodeJS.WriteStream, standIn };
};
