import type { Condition } from './signature.ts';

/** The hypervisor runs others meanwhile: what is slow or short of CPUs then need not be so by anything in this machine. */
export const STEAL: Condition = {
  id: 'steal',
  scope: 'host',
  need: 'forbidden',
  measure: { kind: 'rate', metric: 'cpu.steal_ms' },
  least: 0.2,
  ofAll: 'cpus',
  unit: 'ms',
  what: 'time the hypervisor took, per second',
};
