/** What a session and the process of its guard say to each other. Ids and numbers; no name of a process or a file. */
import type { Observation, Policy, Report } from '../rules/policy.ts';

export type ToGuard =
  | {
      readonly type: 'start';
      readonly policy: Policy;
      /** Where the kernel's settings of memory are: /proc/sys/vm. */
      readonly folder: string;
      /** How long a command may take. */
      readonly timeoutMs: number;
    }
  | { readonly type: 'sample'; readonly observation: Observation };

export type FromGuard =
  | { readonly type: 'ready' }
  /** What it was asked for cannot be done here. */
  | { readonly type: 'refused'; readonly action: string; readonly why: string }
  | { readonly type: 'report'; readonly report: Report };
