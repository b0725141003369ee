/**
 * The key r: begins a recording in the working directory while tracing goes on, from now on or with all that memory holds, and
 * ends it.
 */
import { resolve } from 'node:path';
import { createRecorder } from '../recording/write/recorder.ts';
import type { SwitchedRecorder } from '../recording/write/switched.ts';
import { bytes, longDuration } from '../screen/format/numbers.ts';
import { createTextStore } from '../screen/text-store.ts';
import { heldIn } from '../session/held.ts';
import type { Memory } from '../session/memory.ts';
import type { RecordSwitch } from '../tui/session-shown.ts';
import type { Context } from './context.ts';
import { fileWord } from './host-file.ts';
import { invokerOf } from './invoker.ts';
import { stampOf } from './stamp.ts';

type Recorded = {
  readonly sink: SwitchedRecorder;
  readonly memory: Memory;
  /** What the whole session is recorded to, or null; a session is not recorded twice. */
  readonly output: string | null;
  /** What the host is called that it is of; null for this one. */
  readonly host: () => string | null;
};

/** `wasUsed`: something was recorded by it. */
export const createRecordSwitch = (
  { env }: Context,
  { sink, memory, output, host }: Recorded,
): RecordSwitch & { wasUsed(): boolean } => {
  const file = createTextStore(output ?? '');
  let wasUsed = false;
  return {
    file,
    wasUsed: () => wasUsed,
    toggle: (from) => {
      if (output !== null) return `the whole session is recorded to ${output}; that ends with it`;
      const running = sink.current();
      if (running !== null) {
        const { records, bytes: size, problem } = running.status();
        void sink.stop('recording ended by its key').catch(() => undefined);
        file.set('');
        return problem ?? `recorded ${records} records, ${bytes(size)}, to ${running.path}`;
      }
      const name = host();
      const of = name === null ? '' : `${fileWord(name)}-`;
      const path = resolve(`stallscope-${of}${stampOf(Date.now())}.ndjson.gz`);
      try {
        const recorder = createRecorder({ path, overwrite: false, owner: invokerOf(env) });
        sink.start(recorder, from === 'held' ? heldIn(memory) : undefined);
      } catch (error) {
        return `no recording was started: ${error instanceof Error ? error.message : String(error)}`;
      }
      file.set(path);
      wasUsed = true;
      const held = longDuration((memory.endUs() - memory.startUs()) / 1e6);
      return from === 'held'
        ? `recording to ${path}, with the ${held} before this moment`
        : `recording to ${path}, with the totals so far`;
    },
  };
};
