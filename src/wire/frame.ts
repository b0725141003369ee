/**
 * The lines our own scripts print around their maps, as `printf` messages. A sample is what stands between `tick`
 * and `tock`; both come from one CPU's buffer, so their order with the maps between them is certain. Lines of
 * exiting processes come from other CPUs and may arrive a little early or late; they carry their own time.
 *
 *     begin NS            the script runs (its probes are not attached yet)
 *     tick NS … tock      one interval's cumulative maps
 *     exit PID NS START_NS COMM
 *     forget PID NS       the kernel keys of a dead PID were deleted after they had been reported
 *     end NS              all maps once more follow, until the end of the stream
 */
export type ProcessEvent =
  | {
      readonly kind: 'exit';
      readonly pid: number;
      readonly bootUs: number;
      readonly startMs: number | null;
      readonly comm: string;
    }
  | { readonly kind: 'forget'; readonly pid: number; readonly bootUs: number };

export type FrameEvent =
  | { readonly kind: 'begin'; readonly bootUs: number }
  | { readonly kind: 'tick'; readonly bootUs: number }
  | { readonly kind: 'tock' }
  | { readonly kind: 'end'; readonly bootUs: number }
  | ProcessEvent;

const usOf = (ns: string): number => Number(BigInt(ns) / 1000n);

/** USER_HZ is 100 on every Linux a process can see: /proc/PID/stat counts starts in steps of 10 ms. */
const startMsOf = (ns: string): number | null => {
  const start = BigInt(ns);
  return start === 0n ? null : Number(start / 10_000_000n) * 10;
};

const PATTERNS: readonly { readonly line: RegExp; readonly read: (match: RegExpExecArray) => FrameEvent }[] =
  [
    { line: /^tock\n?$/, read: () => ({ kind: 'tock' }) },
    {
      line: /^(begin|tick|end) (\d+)\n?$/,
      read: ([, kind, ns]) => ({ kind: kind as 'begin' | 'tick' | 'end', bootUs: usOf(ns ?? '0') }),
    },
    {
      line: /^exit (\d+) (\d+) (\d+) ([\s\S]*?)\n?$/,
      read: ([, pid, ns, start, comm]) => ({
        kind: 'exit',
        pid: Number(pid),
        bootUs: usOf(ns ?? '0'),
        startMs: startMsOf(start ?? '0'),
        comm: comm ?? '',
      }),
    },
    {
      line: /^forget (\d+) (\d+)\n?$/,
      read: ([, pid, ns]) => ({ kind: 'forget', pid: Number(pid), bootUs: usOf(ns ?? '0') }),
    },
  ];

/** The event a printed line stands for, or null when it is not one of ours. */
export const decodeFrame = (line: string): FrameEvent | null => {
  for (const { line: pattern, read } of PATTERNS) {
    const match = pattern.exec(line);
    if (match !== null) return read(match);
  }
  return null;
};
