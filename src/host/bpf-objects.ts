/** What a process holds of BPF, as the kernel describes it in /proc/PID/fdinfo: its programs and its maps. */
import type { ProgramCost, ProgramKind } from '../core/cost-facts.ts';
import { type HostFiles, namesIn } from './files.ts';

export type BpfObjects = {
  /** In the order of their descriptors. */
  readonly programs: readonly ProgramCost[];
  /** Kernel memory of the maps: exact since 6.4, before that what it charged for them. */
  readonly mapBytes: number;
};

/** Each object once, however many descriptors hold it; nothing when they may not be read. */
export const readBpfObjects = (files: HostFiles, pid: number): BpfObjects => {
  const directory = `/proc/${pid}/fdinfo`;
  const programs = new Map<string, ProgramCost>();
  const maps = new Map<string, number>();
  for (const fd of namesIn(files, directory).toSorted((a, b) => Number(a) - Number(b))) {
    const text = files.text(`${directory}/${fd}`) ?? '';
    const program = parseProgram(text);
    if (program !== null && !programs.has(program.id)) programs.set(program.id, program);
    const map = parseMapInfo(text);
    if (map !== null) maps.set(map.id ?? `fd ${fd}`, map.sizeBytes);
  }
  const mapBytes = [...maps.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
  return { programs: [...programs.values()], mapBytes };
};

export const readPrograms = (files: HostFiles, pid: number): readonly ProgramCost[] =>
  readBpfObjects(files, pid).programs;

/** `prog_type` of fdinfo, by the numbers of the kernel's enum bpf_prog_type. */
const KINDS: Readonly<Record<string, ProgramKind>> = {
  2: 'probe',
  5: 'tracepoint',
  7: 'perf',
  17: 'raw',
  26: 'fentry',
};

/** A descriptor of a program; null for any other, links to programs among them. */
export const parseProgram = (fdinfo: string): ProgramCost | null => {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:\\t(\\d+)$`, 'm').exec(fdinfo)?.[1];
  const [id, type, runNs, runs] = ['prog_id', 'prog_type', 'run_time_ns', 'run_cnt'].map(field);
  if (id === undefined || type === undefined || runNs === undefined || runs === undefined) return null;
  const missed = Number(field('recursion_misses') ?? 0);
  return { id, kind: KINDS[type] ?? 'other', runNs: Number(runNs), runs: Number(runs), missed };
};

/** A descriptor of a map; null for any other. */
export const parseMapInfo = (
  fdinfo: string,
): { readonly id: string | null; readonly sizeBytes: number } | null => {
  if (!/^map_type:\t/m.test(fdinfo)) return null;
  const sizeBytes = /^memlock:\t(\d+)$/m.exec(fdinfo)?.[1];
  if (sizeBytes === undefined) return null;
  return { id: /^map_id:\t(\d+)$/m.exec(fdinfo)?.[1] ?? null, sizeBytes: Number(sizeBytes) };
};
