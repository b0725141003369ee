/** The programs under workloads/, each with a header that says what it does and how often. */
import { fileURLToPath } from 'node:url';

const at = (name: string): string => fileURLToPath(new URL(`./workloads/${name}`, import.meta.url));

export const WORKLOADS = {
  fragment: at('fragment.pl'),
  seekHoles: at('seek-holes.pl'),
  churn: at('churn.pl'),
  fanOut: at('fan-out.sh'),
  pythonTruth: at('python-truth.py'),
  names: at('names.c'),
  blocked: at('blocked.c'),
  majorFaults: at('major-faults.c'),
  disks: at('disks.c'),
  latencies: at('latencies.c'),
} as const;
