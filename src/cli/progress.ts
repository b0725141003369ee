/** How far a long reading has come, on stderr: nothing of what takes no time. */
import type { Context } from './context.ts';
import { say } from './say.ts';

const FIRST_MS = 3_000;
const EVERY_MS = 5_000;

export type Progress = {
  /** To be called once for each sample of a pass. */
  watch(what: string): () => void;
};

export const reportProgress = (context: Context, path: string, samples: number): Progress => {
  let nextMs = performance.now() + FIRST_MS;
  return {
    watch: (what) => {
      let passed = 0;
      return () => {
        passed += 1;
        const nowMs = performance.now();
        if (nowMs < nextMs) return;
        nextMs = nowMs + EVERY_MS;
        say(context, `${path}: ${what}, ${Math.floor((100 * passed) / (samples + 1))} %`);
      };
    },
  };
};
