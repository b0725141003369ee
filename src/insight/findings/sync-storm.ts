/**
 * A process forces data to the disk again and again, and the forced writes of others take long at the same time. A database
 * that commits as fast as it can is no failure as long as nobody else waits.
 */
import type { Signature } from './signature.ts';

export const syncStorm: Signature = {
  id: 'sync-storm',
  title: 'Sync storm: a process forces data to disk again and again, while others wait for theirs',
  severity: 'medium',
  anchor: { metric: 'sync.calls', least: 20 },
  togetherTicks: 3,
  lastsTicks: 5,
  victims: { metric: 'sync.ns', least: 1e8, each: { per: 'sync.calls', least: 2e7 } },
  conditions: [
    {
      id: 'calls',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'sync.calls' },
      least: 20,
      unit: 'count',
      what: 'syncs per second',
    },
    {
      id: 'time',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'sync.ns' },
      least: 7e8,
      unit: 'ns',
      what: 'inside them over all its threads, per second',
    },
    {
      // Whose syncs are quick waits for nobody, and is on another disk than those who do.
      id: 'each',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'sync.ns', per: 'sync.calls' },
      least: 5e6,
      unit: 'ns',
      what: 'each of them takes',
    },
    {
      id: 'others',
      scope: 'others',
      need: 'required',
      measure: { kind: 'rate', metric: 'sync.ns' },
      each: { per: 'sync.calls', least: 2e7 },
      least: 2e8,
      unit: 'ns',
      what: 'inside syncs of others, per second',
    },
    {
      id: 'waits',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'psi.io.some_us' },
      least: 2e5,
      unit: 'us',
      what: 'time in which somebody waited for I/O, per second',
    },
    {
      id: 'whole',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'rate', metric: 'sync.whole' },
      least: 0.5,
      unit: 'count',
      what: 'of them wrote back a whole file system, per second',
    },
  ],
  advice: [
    {
      text: 'Have it sync once for several writes: group commit, batches; most databases and mail servers have a setting for it',
      risk: 'what was not synced yet is lost with the power',
    },
    {
      text: 'See which files it syncs',
      command: 'strace -f -y -e trace=fsync,fdatasync,syncfs,sync,msync -p {pid}',
      risk: 'it is stopped at every system call that is traced',
    },
    {
      text: 'Give it a file system of its own: on a shared journal every sync writes what others have changed too',
    },
  ],
};
