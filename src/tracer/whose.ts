/** Whose a process is: our own, or one of those selected, in whatever numbers its tracer counts by. */
import type { HostPort } from '../session/ports.ts';
import type { TracerIds } from './tracer.ts';

export type Whose = {
  /** stallscope, its tracer, or a helper of either. */
  isOwn: HostPort['own'];
  /** Whether the kernel side would count it. */
  isSelected(pid: number): boolean;
};

export type WhoseOptions = {
  readonly host: Pick<HostPort, 'own' | 'process'>;
  readonly ids: () => TracerIds | null;
  readonly commandPid: number | null;
  readonly pids: readonly number[];
};

/** How far up a process is followed to the command that it may descend from. */
const MAX_ANCESTORS = 64;

export const createWhose = ({ host, ids, commandPid, pids }: WhoseOptions): Whose => {
  const descends = (pid: number, from: number): boolean => {
    let ancestor: number | null = pid;
    for (let steps = 0; steps < MAX_ANCESTORS && ancestor !== null && ancestor > 1; steps += 1) {
      if (ancestor === from) return true;
      ancestor = host.process(ancestor)?.ppid ?? null;
    }
    return false;
  };
  return {
    isOwn: (who) => {
      const known = ids();
      if (known === null || who.pid === commandPid) return host.own(who);
      const ours = [known.self, known.tracer];
      return ours.includes(who.pid) || (who.ppid !== null && ours.includes(who.ppid)) || host.own(who);
    },
    isSelected: (pid) =>
      commandPid === null ? pids.length === 0 || pids.includes(pid) : descends(pid, commandPid),
  };
};
