/** A tracer's two pipes: messages on stdout, one JSON value a line, and what it says on stderr. */
import ndjson from 'ndjson';
import { decodeMessage } from '../wire/bpftrace.ts';
import { type BatcherOptions, createBatcher } from './batches.ts';
import type { Child } from './child.ts';
import { readAhead } from './read-ahead.ts';

/** By which bpftrace says that its last probe is attached. */
export const NOTIFY = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';

/** A line beyond this is no message of ours; it is skipped and counted, whatever it would have cost to hold. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_STDERR_CHARS = 64 * 1024;

/** What is to be read so far; `onText` is called with it whenever there is more. */
export const collectText = (stream: Child['stderr'], onText: (text: string) => void): (() => string) => {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-MAX_STDERR_CHARS);
    onText(text);
  });
  return () => text;
};

export type DecodeOptions = BatcherOptions & {
  readonly notified: () => void;
  readonly attachedProbes: (probes: number) => void;
};

export const decodeStdout = (stdout: Child['stdout'], options: DecodeOptions): void => {
  const { events } = options;
  const batches = createBatcher(options);
  const parser = ndjson.parse({ strict: true, maxLength: MAX_LINE_BYTES, skipOverflow: true } as object);
  parser.on('data', (value: unknown) => {
    const decoded = decodeMessage(value);
    if (decoded.kind === 'unknown') events.loss('unknown-message', 1, { detail: decoded.type });
    else if (decoded.kind === 'rejected') events.loss('rejected-line', 1, { detail: decoded.reason });
    else if (decoded.message.type === 'attached_probes') options.attachedProbes(decoded.message.data.probes);
    else batches.accept(decoded.message);
  });
  // Lines that are not JSON arrive here, by their first 50 characters; from 0.23 on the ready sign is one of them.
  parser.on('error', (error: Error) => {
    const line = error.message.replace(/^Could not parse row /, '');
    if (line.startsWith(NOTIFY)) options.notified();
    else events.loss('rejected-line', 1, { detail: line.slice(0, 80) });
  });
  let skipping = false;
  readAhead(stdout, {
    onPiece: (piece) => {
      parser.write(piece);
      // A line that is skipped for its length is not announced, only this flag shows it.
      const { overflow } = parser as { overflow?: boolean };
      if (overflow === true && !skipping)
        events.loss('rejected-line', 1, { detail: 'a line too long to hold' });
      skipping = overflow === true;
    },
    onEnd: () => {
      parser.end();
      batches.finish();
    },
  });
};
