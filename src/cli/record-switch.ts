/** The key r: begins a recording in the working directory while tracing goes on, and ends it. */
import { resolve } from 'node:path';
import { createRecorder } from '../recording/write/recorder.ts';
import type { SwitchedRecorder } from '../recording/write/switched.ts';
import { bytes } from '../screen/format/numbers.ts';
import { createTextStore } from '../screen/text-store.ts';
import type { RecordSwitch } from '../tui/show-screen.tsx';
import type { Context } from './context.ts';
import { invokerOf } from './invoker.ts';
import { stampOf } from './stamp.ts';

/** `output` is what the whole session is recorded to, or null; a session is not recorded twice. */
export const createRecordSwitch = (
  { env }: Context,
  sink: SwitchedRecorder,
  output: string | null,
): RecordSwitch => {
  const file = createTextStore(output ?? '');
  return {
    file,
    toggle: () => {
      if (output !== null) return `the whole session is recorded to ${output}; that ends with it`;
      const running = sink.current();
      if (running !== null) {
        const { records, bytes: size, problem } = running.status();
        void sink.stop('recording ended by its key').catch(() => undefined);
        file.set('');
        return problem ?? `recorded ${records} records, ${bytes(size)}, to ${running.path}`;
      }
      const path = resolve(`stallscope-${stampOf(Date.now())}.ndjson.gz`);
      try {
        sink.start(createRecorder({ path, overwrite: false, owner: invokerOf(env) }));
      } catch (error) {
        return `no recording was started: ${error instanceof Error ? error.message : String(error)}`;
      }
      file.set(path);
      return `recording to ${path}, with the totals so far`;
    },
  };
};
