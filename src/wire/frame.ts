/**
 * The lines our own scripts print around their maps, as `printf` messages. A sample is what stands between `tick`
 * and `tock`; both come from one CPU's buffer, so their order with the maps between them is certain. Lines of
 * exiting processes come from other CPUs and may arrive a little early or late; they carry their own time.
 *
 *     begin NS PID PARENT the script runs (its probes are not attached yet), in this process, started by that one
 *     tick NS … tock      one interval's cumulative maps
 *     meet PID NS START_NS PARENT COMM
 *     name PID NS COMM    the name that a process had until now
 *     exit PID NS START_NS COMM
 *     forget PID NS       the kernel keys of a dead PID were deleted after they had been reported
 *     file MAP PID NS START_NS PARENT INODE COMM
 *     NAME                a process uses a file, the first one to
 *     end NS              all maps once more follow, until the end of the stream
 */

/** A process uses a file that a probe cannot judge in the kernel: each file once. */
export type FileEvent = {
  readonly kind: 'file';
  /** What it uses it for, as the map of the probe's script is called. */
  readonly map: string;
  readonly pid: number;
  readonly bootUs: number;
  readonly startMs: number | null;
  /** null where the kernel could not be asked. */
  readonly ppid: number | null;
  readonly inode: number;
  readonly comm: string;
  /** Of a program as it was called; of a library not known. */
  readonly name: string;
};

export type ProcessEvent =
  | FileEvent
  | {
      readonly kind: 'meet';
      readonly pid: number;
      readonly bootUs: number;
      readonly startMs: number | null;
      /** null where the kernel could not be asked. */
      readonly ppid: number | null;
      readonly comm: string;
    }
  | { readonly kind: 'name'; readonly pid: number; readonly bootUs: number; readonly comm: string }
  | {
      readonly kind: 'exit';
      readonly pid: number;
      readonly bootUs: number;
      readonly startMs: number | null;
      readonly comm: string;
    }
  | { readonly kind: 'forget'; readonly pid: number; readonly bootUs: number };

export type FrameEvent =
  | {
      readonly kind: 'begin';
      readonly bootUs: number;
      /** As this tracer counts processes: its own, and that of whoever started it; null where it does not say. */
      readonly pid: number | null;
      readonly ppid: number | null;
    }
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

/** The kernel has no process 0 to ask for: it stands for not known. */
const pidOf = (text: string | undefined): number | null => (text === undefined ? null : Number(text) || null);

const PATTERNS: readonly { readonly line: RegExp; readonly read: (match: RegExpExecArray) => FrameEvent }[] =
  [
    { line: /^tock\n?$/, read: () => ({ kind: 'tock' }) },
    {
      line: /^(tick|end) (\d+)\n?$/,
      read: ([, kind, ns]) => ({ kind: kind as 'tick' | 'end', bootUs: usOf(ns ?? '0') }),
    },
    {
      line: /^begin (\d+)(?: (\d+) (\d+))?\n?$/,
      read: ([, ns, pid, ppid]) => ({
        kind: 'begin',
        bootUs: usOf(ns ?? '0'),
        pid: pidOf(pid),
        ppid: pidOf(ppid),
      }),
    },
    {
      line: /^meet (\d+) (\d+) (\d+) (\d+) ([\s\S]*?)\n?$/,
      read: ([, pid, ns, start, ppid, comm]) => ({
        kind: 'meet',
        pid: Number(pid),
        bootUs: usOf(ns ?? '0'),
        startMs: startMsOf(start ?? '0'),
        ppid: pidOf(ppid),
        comm: comm ?? '',
      }),
    },
    {
      line: /^name (\d+) (\d+) ([\s\S]*?)\n?$/,
      read: ([, pid, ns, comm]) => ({
        kind: 'name',
        pid: Number(pid),
        bootUs: usOf(ns ?? '0'),
        comm: comm ?? '',
      }),
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
      line: /^file (\w+) (\d+) (\d+) (\d+) (\d+) (\d+) ([^\n]*)\n([\s\S]*?)\n?$/,
      read: ([, map, pid, ns, start, ppid, inode, comm, name]) => ({
        kind: 'file',
        map: `@${map}`,
        pid: Number(pid),
        bootUs: usOf(ns ?? '0'),
        startMs: startMsOf(start ?? '0'),
        ppid: pidOf(ppid),
        inode: Number(inode),
        comm: comm ?? '',
        name: name ?? '',
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
