/**
 * Pressure stall information. Only the totals: they are exact microseconds, and their difference over any interval
 * is the pressure in it, while avg10 and its siblings are smoothed and say nothing about when.
 */
import { wholeLines } from '../files.ts';
import { type HostMetric, type HostSource, presentIn } from './source.ts';

export type PressureResource = 'cpu' | 'io' | 'memory';

const WAITED_FOR: Readonly<Record<PressureResource, string>> = {
  cpu: 'a CPU',
  io: 'I/O',
  memory: 'memory (reclaim, swap-in, refault)',
};

/** Of a file of the machine or of a control group, in µs. */
export const pressureTotals = (text: string): readonly (readonly [share: 'some' | 'full', us: number])[] =>
  wholeLines(text).flatMap((line) => {
    const [, share, totalUs] = /^(some|full) .*\btotal=(\d+)$/.exec(line) ?? [];
    return share === undefined ? [] : [[share as 'some' | 'full', Number(totalUs)] as const];
  });

export const parsePressure = (resource: PressureResource, text: string): Record<string, number> =>
  Object.fromEntries(pressureTotals(text).map(([share, us]) => [`psi.${resource}.${share}_us`, us]));

export const pressure = (resource: PressureResource): HostSource => ({
  path: `/proc/pressure/${resource}`,
  parse: (text) => parsePressure(resource, text),
  // For the machine as a whole a full stall on CPU cannot be; kernels since 5.13 print it as a constant zero.
  describe: presentIn(
    resource === 'cpu' ? [metric(resource, 'some')] : [metric(resource, 'some'), metric(resource, 'full')],
  ),
});

const metric = (resource: PressureResource, share: 'some' | 'full'): HostMetric => ({
  id: `psi.${resource}.${share}_us`,
  kind: 'counter',
  unit: 'us',
  label: `${resource} ${share}`,
  help: `Time in which ${share === 'some' ? 'at least one task' : 'every non-idle task'} waited for ${WAITED_FOR[resource]}: total of ${share} in /proc/pressure/${resource}.`,
  lane: share === 'some' && resource !== 'cpu' ? true : undefined,
});
