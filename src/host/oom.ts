/**
 * Who is killed when memory runs out. A monitor that dies first takes the record of the outage with it, so we ask the
 * kernel to count half of the machine's memory less for us than we hold (`oom_score_adj` −500): we are chosen only when
 * we hold more than that half, and our memory is bounded (docs/architecture.md). bpftrace and the guard, which start
 * after this, inherit it; the user's command, which starts before, does not. Without CAP_SYS_RESOURCE the kernel
 * refuses, and we go on as any other process.
 */
import type { HostFiles } from './files.ts';
import { writeSetting } from './write-setting.ts';

const SPARED = -500;

/** Whether the kernel spares us now. */
export const protectFromOomKiller = (files: HostFiles, path = '/proc/self/oom_score_adj'): boolean => {
  const now = Number(files.text(path) ?? Number.NaN);
  // Somebody may have decided already: lower is more, and stays.
  return now <= SPARED || writeSetting(path, String(SPARED));
};
