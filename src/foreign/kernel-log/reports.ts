/**
 * Events that take several lines: a page allocation failure with who asked and what was free, a hung task with the top of
 * its stack, an OOM kill with its table of tasks. Lines of two CPUs can be mixed; what does not fit is left to the others.
 */
import { eventOf, type KernelEvent } from './event.ts';

/** An event that more lines may follow, and whether a line was one of them. */
export type Report = {
  readonly event: KernelEvent;
  /** Takes a line; false when it is none of this event. */
  follow(message: string): boolean;
};

const PAGE_FAILURE =
  /^(?<comm>.{1,64}): page allocation failure[.:] order:(?<order>\d{1,2}), mode:(?<mode>0x[0-9a-f]+)(?:\((?<flags>[^)]{0,300})\))?/;
/** "Pid: 0, comm: swapper Not tainted", "CPU: 3 PID: 117 Comm: perf Not tainted", "CPU: 3 UID: 0 PID: 117 Comm: …". */
const WHO =
  /(?:^| )(?:Pid|PID): (?<pid>\d{1,10}),? [cC]omm: (?<comm>.{1,64}?) (?:Not tainted|Tainted:|Kdump:)|(?:^| )(?:Pid|PID): (?<pid2>\d{1,10}),? [cC]omm: (?<comm2>\S{1,64})/;
const BUDDY = /^Node (?<node>\d{1,4}) (?<zone>\w{1,16}): (?<blocks>\d+[*_]4kB .*)= \d+kB/;
const HUGE_PAGE_ORDER = 9;

const HUNG = /^INFO: task (?<comm>.{1,64}):(?<pid>\d{1,10}) blocked for more than (?<seconds>\d+) seconds/;
const FRAME = /^\s*(?:\[<[0-9a-f]+>\] )?(?:\? )?(?<name>[A-Za-z_][\w.]*)\+0x[0-9a-f]+\/0x[0-9a-f]+/;
const UNCERTAIN_FRAME = /^\s*(?:\[<[0-9a-f]+>\] )?\? /;
/** How every task waits: who it waits in comes below them. */
const WAITING =
  /^(?:__?schedule|schedule|schedule_\w+|io_schedule\w*|bit_wait\w*|__wait_on_bit\w*|out_of_line_wait_on_bit\w*|_?_?down\w*|__down_\w+|rwsem_\w+|call_rwsem_\w+|mutex_lock\w*|__mutex_lock\w*|wait_for_\w+|__wait_for_\w+|wait_on_\w+|preempt_\w+|context_switch|__switch_to\w*|autoremove_wake_function|prepare_to_wait\w*|_raw_spin\w+)(?:[.+]|$)/;
const STACK_TOP = 3;

const INVOKED =
  /^(?<comm>.{1,64}) invoked oom-killer: gfp_mask=(?<mode>0x[0-9a-f]+)(?:\([^)]{0,300}\))?,.*order=(?<order>-?\d{1,2})/;
const CONSTRAINT =
  /^oom-kill:constraint=(?<constraint>\w+),.*?(?:task_memcg|oom_memcg)=(?<group>[^,]{1,300})/;
const OLD_GROUP = /^Task in (?<group>\S{1,300}) killed as a result of limit of/;
/** `memory: usage 204800kB, limit 204800kB, failcnt 1057`: how often it was at its limit since it was made. */
const AT_LIMIT = /^memory: usage (?<usage>\d{1,20})kB, limit (?<limit>\d{1,20})kB, failcnt (?<hits>\d{1,20})/;
/** Of the numbers between memory and name, kernels have two to seven. */
const TASK =
  /^\[ *(?<pid>\d{1,10})\](?: +\d{1,20}){3} +(?<rss>\d{1,20})(?: +-?\d{1,20}){2,7} +(?<name>\S.*)$/;
/** "Kill process … or sacrifice child" only announces it. */
const KILLED =
  /Killed process (?<pid>\d{1,10})(?:, UID \d+,)? \((?<comm>.{1,64}?)\)(?:,? ?(?:UID:?\s?\d+,? ?)?total-vm:\d+kB, anon-rss:(?<anon>\d+)kB, file-rss:(?<file>\d+)kB(?:, shmem-rss:(?<shmem>\d+)kB)?|\.?$)/;
const LARGEST_TASKS = 3;
const MOST_TASKS = 100_000;

const NAMES: readonly string[] = [
  'page allocation failure',
  'blocked for more than',
  'invoked oom-killer',
  'Killed process',
];

/** null when the line begins none. */
export const beginReport = (message: string): Report | null =>
  NAMES.some((name) => message.includes(name))
    ? (beginPageFailure(message) ?? beginHung(message) ?? beginOom(message) ?? killAlone(message))
    : null;

const beginPageFailure = (message: string): Report | null => {
  const groups = PAGE_FAILURE.exec(message)?.groups;
  if (groups === undefined) return null;
  const { comm = '', order = '', mode = '', flags } = groups;
  const event = eventOf(
    'page_alloc_failures',
    `page allocation failed: order ${order}, mode ${mode}${flags ? ` (${flags})` : ''}`,
  );
  event.comm = comm;
  if (Number(order) >= 1 && Number(order) !== HUGE_PAGE_ORDER) event.counts.page_alloc_failures_high = 1;
  return {
    event,
    follow: (line) => {
      const who = event.pid === null ? whoOf(line) : null;
      // Two CPUs can report at once: whose it is must bear the name of who asked.
      if (who !== null && isSameName(who.comm, comm)) {
        event.pid = who.pid;
        return true;
      }
      return takeBuddies(event, line);
    },
  };
};

const whoOf = (line: string): { readonly pid: number; readonly comm: string } | null => {
  const groups = /[Pp](?:id|ID): /.test(line) ? WHO.exec(line)?.groups : undefined;
  const pid = groups?.pid ?? groups?.pid2;
  return pid === undefined ? null : { pid: Number(pid), comm: groups?.comm ?? groups?.comm2 ?? '' };
};

const isSameName = (a: string, b: string): boolean => a === b || a.startsWith(b) || b.startsWith(a);

/** `Node 0 Normal: 486*4kB (UEM) 46*8kB … = 2344kB`: free blocks by order. */
const takeBuddies = ({ levels }: KernelEvent, line: string): boolean => {
  const groups = line.startsWith('Node ') ? BUDDY.exec(line)?.groups : undefined;
  if (groups === undefined) return false;
  const { node = '', zone = '', blocks = '' } = groups;
  for (const [, count = '', kib = ''] of blocks.matchAll(/(\d+)[*_](\d+)kB/g)) {
    const order = Math.log2(Number(kib) / 4);
    if (Number.isInteger(order) && order >= 0 && order <= 12)
      levels[`buddy.${node}.${zone}.${order}`] = Number(count);
  }
  return true;
};

const beginHung = (message: string): Report | null => {
  const groups = HUNG.exec(message)?.groups;
  if (groups === undefined) return null;
  const waits = `waits for more than ${groups.seconds} s`;
  const event = eventOf('hung_tasks', waits);
  event.pid = Number(groups.pid);
  event.comm = groups.comm ?? null;
  const frames: string[] = [];
  return {
    event,
    follow: (line) => {
      const frame = FRAME.exec(line)?.groups?.name;
      if (frame === undefined) return /^\s*(?:Call Trace:|Not tainted|Tainted|task:|"echo 0 >)/.test(line);
      if (frames.length < STACK_TOP && !UNCERTAIN_FRAME.test(line) && !WAITING.test(frame)) {
        frames.push(frame);
        event.text = `${waits} in ${frames.join(' < ')}`;
      }
      return true;
    },
  };
};

/** One that is killed; its text says of which limit, and who held most. */
const beginOom = (message: string): Report | null => {
  const groups = INVOKED.exec(message)?.groups;
  if (groups === undefined) return null;
  const event = eventOf('oom_kills', '');
  const tasks: { readonly pid: number; readonly name: string; readonly pages: number }[] = [];
  let group: string | null = null;
  let usage: Readonly<Record<string, string>> | null = null;
  let isDone = false;
  return {
    event,
    follow: (line) => {
      if (isDone) return false;
      const table = line.startsWith('[') ? TASK.exec(line)?.groups : undefined;
      if (table !== undefined) {
        if (tasks.length < MOST_TASKS)
          tasks.push({ pid: Number(table.pid), name: table.name ?? '', pages: Number(table.rss) });
        return true;
      }
      const limit = CONSTRAINT.exec(line)?.groups ?? OLD_GROUP.exec(line)?.groups;
      if (limit !== undefined) {
        if (limit.constraint === undefined || limit.constraint === 'CONSTRAINT_MEMCG')
          group = limit.group ?? '';
        return true;
      }
      const atLimit = AT_LIMIT.exec(line)?.groups;
      if (atLimit !== undefined) {
        usage = atLimit;
        return true;
      }
      const killed = KILLED.exec(line)?.groups;
      if (killed === undefined) return takeBuddies(event, line);
      isDone = true;
      if (/Memory cgroup out of memory/.test(line)) group ??= '';
      takeKill(event, killed, group);
      if (usage !== null && group !== null) takeLimit(event, usage, group);
      const largest = [...tasks].sort((a, b) => b.pages - a.pages).slice(0, LARGEST_TASKS);
      if (largest.length > 0)
        event.text += `; held most: ${largest.map(({ name, pid, pages }) => `${name} (${pid}) ${pages} pages`).join(', ')}`;
      event.text += `; asked by ${groups.comm}`;
      return true;
    },
  };
};

/** Of a group that was reported before only what is new is counted (read.ts). */
const takeLimit = (
  event: KernelEvent,
  { limit = '0', hits = '0' }: Readonly<Record<string, string>>,
  group: string,
): void => {
  event.limitHits = { group, total: Number(hits) };
  event.text += `; limit ${limit} KiB, reached ${hits} times`;
};

/** Where the lines before it are gone. */
const killAlone = (message: string): Report | null => {
  const killed = KILLED.exec(message)?.groups;
  if (killed === undefined) return null;
  const event = eventOf('oom_kills', '');
  takeKill(event, killed, /Memory cgroup out of memory/.test(message) ? '' : null);
  return { event, follow: () => false };
};

/** `group`: whose limit it was; empty when the log does not say which; null when memory itself ran out. */
const takeKill = (
  event: KernelEvent,
  { pid, comm = '', anon = '0', file = '0', shmem = '0' }: Readonly<Record<string, string>>,
  group: string | null,
): void => {
  event.pid = Number(pid);
  event.comm = comm;
  const of = group === null ? '' : `, at the limit of control group ${group === '' ? '(not named)' : group}`;
  event.text = `killed for memory${of}: it held ${anon} KiB anonymous, ${file} KiB of files, ${shmem} KiB shared`;
  Object.assign(event.counts, {
    oom_anon_kib: Number(anon),
    oom_file_kib: Number(file),
    oom_shmem_kib: Number(shmem),
    ...(group === null ? {} : { oom_group_kills: 1 }),
  });
};

/** An OOM that was begun and of which no kill was seen: nobody was killed, or the log ends there. */
export const isWhole = ({ event }: Report): boolean => event.kind !== 'oom_kills' || event.pid !== null;
