/**
 * Which lines of /dev/kmsg a guard takes for the kernel's own. A program that may write there cannot claim the kernel's
 * facility: the kernel puts LOG_USER in place of 0 (devkmsg_write in kernel/printk/printk.c). What a program can choose inside
 * a line of the kernel's, its name or that of a file, stands after words that it cannot choose: patterns hold from the first
 * character on, and bound what is a name.
 */

export type KmsgLine = {
  /** 0 is the kernel. */
  readonly facility: number;
  readonly message: string;
};

/** `6,339,5140900,-;text`, and lines of a dictionary after it, which begin with a space. */
export const readKmsg = (record: string): KmsgLine | null => {
  const [, priority, message] = /^(\d{1,6}),\d+,\d+,[^;\n]*;([^\n]*)/.exec(record) ?? [];
  return priority === undefined || message === undefined
    ? null
    : { facility: Number(priority) >> 3, message };
};

/** As the log writes it: what cannot be shown by its code. The kernel keeps 15 bytes of a name. */
const COMM = String.raw`(?:[^\\]|\\x[0-9a-f]{2}){1,15}`;

const PATTERNS = {
  'klog.xfs_alloc_deadlocks': [
    /^XFS: possible memory allocation deadlock in \w{1,64} \(mode:0x[0-9a-f]{1,16}\)$/,
    new RegExp(
      String.raw`^XFS: ${COMM}\(\d{1,10}\) possible memory allocation deadlock (?:size \d{1,20} )?in \w{1,64} \(mode:0x[0-9a-f]{1,16}\)$`,
    ),
  ],
  'klog.page_alloc_failures_high': [
    // Not order 0, and not huge pages.
    new RegExp(String.raw`^${COMM}: page allocation failure[.:] order:(?:[1-8]|10), mode:0x[0-9a-f]{1,16}\b`),
  ],
} as const;

export type LogMetric = keyof typeof PATTERNS;
export const LOG_METRICS = Object.keys(PATTERNS) as readonly LogMetric[];

/** What the message reports, whoever wrote it. */
export const metricOf = (message: string): LogMetric | null =>
  LOG_METRICS.find((metric) => PATTERNS[metric].some((pattern) => pattern.test(message))) ?? null;

/** From 6.9 on XFS asks for memory that cannot be refused, and logs nothing. */
const SILENT_FROM = [6, 9] as const;

/** null where the release does not say. */
export const isSilent = (release: string): boolean | null => {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  if (major === undefined || minor === undefined) return null;
  const [ofMajor, ofMinor] = SILENT_FROM;
  return Number(major) > ofMajor || (Number(major) === ofMajor && Number(minor) >= ofMinor);
};
