/** Who can be meant at all: never those who watch, and of kernel threads none, which work for others. */
import type { Entity } from './entity.ts';
import type { SessionState } from './state.ts';

/** `own` is said by recordings that know it; older ones know the PID of the tool alone. */
type Who = Pick<Entity, 'pid' | 'ppid' | 'comm' | 'cmdline'> & { readonly own?: boolean };

/** Programs that the tool starts beside the command of the user. */
const TRACER = 'bpftrace';
const HELPERS: ReadonlySet<string> = new Set([TRACER, 'xfs_io', 'filefrag', 'bpftool']);
/** What Node.js calls its process, by version. */
const RUNTIME: ReadonlySet<string> = new Set(['node', 'MainThread', 'node-MainThread']);
const MAX_GENERATIONS = 6;

/** The tool, its tracer, its helpers, and what those start: what they do and suffer is not part of any incident. */
export const isOwn = (
  who: Who,
  { header: { tool, selection }, owners }: Pick<SessionState, 'header' | 'owners'>,
): boolean => {
  if (who.own === true || (tool.pid === undefined && wasTool(who, owners))) return true;
  let one: Who | undefined = who;
  for (let generation = 0; one !== undefined && generation < MAX_GENERATIONS; generation += 1) {
    if (one.own === true || one.pid === tool.pid || isTool(one)) return true;
    const { ppid, comm }: Who = one;
    // The command after `--` is a child of the tool, and is what is looked at.
    if (tool.pid !== undefined && ppid === tool.pid) return selection.command === null || HELPERS.has(comm);
    one = ppid === null || ppid === one.pid ? undefined : owners.get(ppid);
    if (one !== undefined && isTool(one) && !HELPERS.has(comm)) return false;
  }
  return false;
};

/** The first recordings do not say who recorded: it was the one whose tracer is among the processes. */
const wasTool = ({ pid, comm }: Who, owners: SessionState['owners']): boolean => {
  if (comm === TRACER) return true;
  if (!RUNTIME.has(comm)) return false;
  for (const one of owners.values()) if (one.comm === TRACER && one.ppid === pid) return true;
  return false;
};

/** Asked of every process and its parents, several times a sample. */
const judged = new WeakMap<Who, { readonly cmdline: string | null; readonly isTool: boolean }>();

/** By how it was started: another may record beside us. */
const isTool = (who: Who): boolean => {
  const { cmdline } = who;
  const known = judged.get(who);
  if (known?.cmdline === cmdline) return known.isTool;
  const isTool = cmdline !== null && STARTED_AS.test(cmdline);
  judged.set(who, { cmdline, isTool });
  return isTool;
};

const STARTED_AS = /^(?:(?:\S*\/)?node(?: --\S+)* )?(?:\S*\/)?stallscope(?:\.m?js)?(?: |$)/;

const KTHREADD = 2;
/** Where nobody reported whose child it is. */
const KERNEL_NAME =
  /^(?:kworker|kswapd|ksoftirqd|khugepaged|kcompactd|kthreadd|swapper|migration|rcu_|rcuo|jbd2\/|xfs-|xfsaild|irq\/|writeback|kblockd|md\d|loop\d|dm)/;

/** Kernel threads, and 0, which is an interrupt or an idle CPU. */
export const isKernelThread = ({
  pid,
  ppid,
  comm,
  cmdline,
}: Pick<Entity, 'pid' | 'ppid' | 'comm' | 'cmdline'>): boolean => {
  if (pid === 0 || pid === KTHREADD) return true;
  if (ppid !== null) return ppid === KTHREADD;
  return (cmdline ?? '') === '' && KERNEL_NAME.test(comm);
};
