/**
 * Who prints into a pipe waits while it is full, and bpftrace deletes no keys of the dead while it prints (probes/frame-forget.ts). So
 * what a stream brings is taken as fast as it comes, and made sense of a piece at a time in between.
 */
import type { Readable } from 'node:stream';

/** Beyond this much that waits to be made sense of, who prints waits as well. */
const MOST_AHEAD_BYTES = 32 * 1024 * 1024;

/** @param onEnd called once, when the stream has ended or was closed, and every piece was handed on */
export const readAhead = (
  stream: Readable,
  { onPiece, onEnd }: { readonly onPiece: (piece: Buffer) => void; readonly onEnd: () => void },
): void => {
  const pieces: Buffer[] = [];
  let aheadBytes = 0;
  let isAwaited = false;
  let isOver = false;

  const handOn = (): void => {
    const piece = pieces.shift();
    if (piece === undefined) return;
    aheadBytes -= piece.length;
    if (stream.isPaused() && aheadBytes <= MOST_AHEAD_BYTES / 2) stream.resume();
    onPiece(piece);
  };

  const handOnNext = (): void => {
    isAwaited = pieces.length > 1;
    if (isAwaited) setImmediate(handOnNext);
    handOn();
  };

  stream.on('data', (piece: Buffer) => {
    pieces.push(piece);
    aheadBytes += piece.length;
    if (aheadBytes > MOST_AHEAD_BYTES) stream.pause();
    if (isAwaited) return;
    isAwaited = true;
    setImmediate(handOnNext);
  });
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    while (pieces.length > 0) handOn();
    onEnd();
  };
  stream.on('end', end);
  // Somebody else may hold it open, and it is closed by us: what was read by then is all there is, and counts.
  stream.on('close', end);
};
