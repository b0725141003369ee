/** What stands before the first colon of an attach point, and the kind of BPF program that bpftrace makes of it. */
import type { ProgramKind } from '../core/cost-facts.ts';

export const PROVIDERS = {
  fentry: 'fentry',
  fexit: 'fentry',
  interval: 'perf',
  kfunc: 'fentry',
  kprobe: 'probe',
  kretfunc: 'fentry',
  kretprobe: 'probe',
  rawtracepoint: 'raw',
  software: 'perf',
  tracepoint: 'tracepoint',
  uprobe: 'probe',
  uretprobe: 'probe',
  usdt: 'probe',
} as const satisfies Readonly<Record<string, ProgramKind>>;

export type Provider = keyof typeof PROVIDERS;

export const isProvider = (name: string): name is Provider => Object.hasOwn(PROVIDERS, name);
