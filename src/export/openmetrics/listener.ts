/** What serving the pages costs, beside what tracing does. */
import type { Family } from './family.ts';
import { PREFIX } from './names.ts';

export const listenerFamilies = (cost: { readonly cpuMs: number; readonly rssBytes: number }): Family[] => [
  {
    name: `${PREFIX}_listener_cpu_seconds`,
    type: 'counter',
    unit: 'seconds',
    help: 'CPU time of the process that listens.',
    points: [{ labels: {}, value: cost.cpuMs / 1000 }],
  },
  {
    name: `${PREFIX}_listener_memory_bytes`,
    type: 'gauge',
    unit: 'bytes',
    help: 'Memory of the process that listens.',
    points: [{ labels: {}, value: cost.rssBytes }],
  },
];
