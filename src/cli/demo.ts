/** `stallscope demo`: a real recording that comes with the tool, on the screen; needs no root and no bpftrace. */
import { longDuration } from '../screen/format/numbers.ts';
import { bundledNames, bundledPath, openBundled } from './bundled.ts';
import type { Context } from './context.ts';
import { type ReplayOptions, replay } from './replay.ts';

export type DemoOptions = Omit<ReplayOptions, 'file' | 'follow' | 'freezeAfterMs'> & {
  readonly name: string | null;
  readonly list: boolean;
};

export const demo = async (context: Context, options: DemoOptions): Promise<number> => {
  if (!options.list)
    return replay(context, {
      ...options,
      follow: false,
      freezeAfterMs: null,
      file: bundledPath(options.name ?? ''),
    });
  context.out.lines([...bundledNames().map(describe), '', 'Watch one: stallscope demo NAME']);
  return 0;
};

const describe = (name: string): string => {
  const recording = openBundled(bundledPath(name));
  const { header } = recording;
  const seconds = (recording.endUs() - header.clock.bootUs) / 1e6;
  recording.close();
  const probes = header.probes.map(({ id }) => id).join(', ');
  return `${name.padEnd(28)} ${longDuration(seconds).padStart(6)}  Linux ${header.host.kernel}; probes ${probes}`;
};
