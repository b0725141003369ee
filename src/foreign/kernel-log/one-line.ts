/** Events that a line of a kernel log reports by itself. Forms: Linux 2.6.32 to 6.x. */
import { type EventKind, eventOf, type KernelEvent } from './event.ts';

type Rule = {
  readonly kind: EventKind;
  readonly pattern: RegExp;
  readonly text: (groups: Readonly<Record<string, string>>) => string;
};

/** Groups `pid` and `comm` say whose it is. */
const RULES: readonly Rule[] = [
  {
    kind: 'xfs_alloc_deadlocks',
    // From 4.9 on with who and how much; before, only where.
    pattern:
      /^XFS(?: \([^)]*\))?: (?:(?<comm>.{1,64})\((?<pid>\d{1,10})\) )?possible memory allocation deadlock (?:size (?<size>\d+) )?in (?<where>\w+) \(mode:(?<mode>0x[0-9a-f]+)\)/,
    text: ({ where, size, mode }) =>
      `XFS cannot get memory in ${where}${size === undefined ? '' : `, ${size} bytes`}, mode ${mode}`,
  },
  {
    kind: 'soft_lockups',
    pattern:
      /BUG: soft lockup - CPU#(?<cpu>\d+) stuck for (?<seconds>\d+)s! \[(?<comm>.{1,64}):(?<pid>\d{1,10})\]/,
    text: ({ cpu, seconds }) => `soft lockup: CPU ${cpu} for ${seconds} s`,
  },
  {
    kind: 'cpu_stalls',
    pattern:
      /(?:INFO: rcu\S* (?:self-)?detected (?:expedited )?stalls?|Watchdog detected hard LOCKUP on cpu)/i,
    text: () => 'a CPU does not answer (RCU stall or hard lockup)',
  },
  {
    kind: 'io_errors',
    pattern: /(?:^|: )(?:I\/O|critical \w+) error, dev (?<dev>[\w-]+), sector (?<sector>\d+)/,
    text: ({ dev, sector }) => `I/O error on ${dev}, sector ${sector}`,
  },
  {
    kind: 'io_errors',
    pattern:
      /^(?:lost (?:async )?page write|Buffer I\/O error).* (?:on|device) (?:dev(?:ice)? )?(?<dev>[\w-]+)/,
    text: ({ dev }) => `I/O error on ${dev}`,
  },
  {
    kind: 'io_timeouts',
    pattern: /^(?<dev>nvme\w*)(?: nvme\w*)?: I\/O (?:tag )?\d+ .*timeout/,
    text: ({ dev }) => `I/O timeout on ${dev}`,
  },
  {
    kind: 'io_timeouts',
    pattern:
      /^(?:sd [\d:]+: (?:\[(?<dev>\w+)\] )?(?:timing out command|.*abort)|(?<port>ata\d+(?:\.\d+)?): (?:exception Emask|.*timeout))/,
    text: ({ dev, port }) => `I/O timeout on ${dev ?? port ?? 'a SCSI device'}`,
  },
  {
    kind: 'fs_errors',
    pattern: /^EXT4-fs error \(device (?<dev>[^)]{1,64})\)(?<what>.*)/,
    text: ({ dev, what }) => `EXT4 error on ${dev}${what}`,
  },
  {
    kind: 'fs_errors',
    pattern:
      /^XFS \((?<dev>[^)]{1,64})\): (?<what>.*(?:[Cc]orruption|metadata I\/O error|log I\/O error|Internal error|shut(?:ting)? ?down|xfs_do_force_shutdown|[Ww]rite error|unmount and run xfs_repair).*)/,
    text: ({ dev, what }) => `XFS error on ${dev}: ${what}`,
  },
  {
    kind: 'fs_errors',
    pattern: /^(?:JBD2: |Aborting journal on device (?<dev>[\w-]+))(?<what>.*(?:error|Error|abort).*)?/,
    text: ({ dev, what }) => `journal error${dev === undefined ? '' : ` on ${dev}`} ${what ?? ''}`.trimEnd(),
  },
  {
    kind: 'boots',
    pattern: /^Linux version (?<release>\S{1,128})/,
    text: ({ release }) => `boot of Linux ${release}`,
  },
];

/** What any of the above begins to be looked for by; most lines of a log have none of it. */
const WORTH_A_LOOK =
  /XFS|soft lockup|stall|LOCKUP|error|timeout|timing out|abort|exception Emask|JBD2|Linux version/;

export const oneLineEvent = (message: string): KernelEvent | null => {
  if (!WORTH_A_LOOK.test(message)) return null;
  for (const { kind, pattern, text } of RULES) {
    const found = pattern.exec(message);
    if (found === null) continue;
    const groups = found.groups ?? {};
    const event = eventOf(kind, text(groups));
    if (groups.pid !== undefined) {
      event.pid = Number(groups.pid);
      event.comm = groups.comm ?? null;
    }
    return event;
  }
  return null;
};

export const kernelOf = (message: string): string | null =>
  /^Linux version (\S{1,128})/.exec(message)?.[1] ?? null;
