/**
 * The command line within this process: all of the program but the process, which takes a second to start. What
 * concerns the process (signals, pipes, the launcher) is tried with `runTool`.
 */
import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { Context } from '../../src/cli/context.ts';
import { listenForInterruption } from '../../src/cli/interruption.ts';
import { run, thisHost } from '../../src/cli/main.ts';

export type Reported = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

export const runHere = async (...args: string[]): Promise<Reported> => {
  const [stdin, stdout, stderr] = [Readable.from([]), page(), page()];
  // Nobody interrupts it: no signal is sent to this one.
  const target = Object.assign(new EventEmitter(), { stderr: stderr.stream });
  const interruption = listenForInterruption(target as unknown as NodeJS.Process);
  const streams = { stdin, stdout: stdout.stream, stderr: stderr.stream };
  type Streams = Pick<Context, keyof typeof streams>;
  const host = thisHost(process.env);
  const exitCode = await run(
    { ...(streams as unknown as Streams), ...host, interruption, version: '0.1.0', env: process.env },
    args,
  );
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
};

const page = (): { readonly stream: Writable; readonly text: () => string } => {
  let text = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      text += chunk;
      done();
    },
  });
  return { stream, text: () => text.replace(/\n$/, '') };
};
