/**
 * Pages are swapped out and read back at the same time: what is thrown out is needed. Swapping out alone is how a
 * kernel makes room, and reading back alone is how it ends. Who suffers is known by their page faults; who wants the memory
 * is not.
 */
import type { Condition, Signature } from './signature.ts';

/** Pages go out and come back at the same time, and somebody waits. */
const SWAPPING: readonly Condition[] = [
  {
    id: 'in',
    scope: 'host',
    need: 'required',
    measure: { kind: 'rate', metric: 'vm.pswpin' },
    least: 200,
    unit: 'pages',
    what: 'read back from swap, per second',
  },
  {
    id: 'out',
    scope: 'host',
    need: 'required',
    measure: { kind: 'rate', metric: 'vm.pswpout' },
    least: 200,
    unit: 'pages',
    what: 'swapped out, per second',
  },
  {
    id: 'waits',
    scope: 'host',
    need: 'required',
    measure: { kind: 'rate', metric: 'psi.memory.some_us' },
    least: 1e5,
    unit: 'us',
    what: 'time in which somebody waited for memory, per second',
  },
];

export const swapStorm: Signature = {
  id: 'swap-storm',
  title: 'Swap storm: pages are swapped out and read back at the same time, and processes wait for memory',
  titles: [
    {
      text: 'Swap storm: a control group at its memory limit swaps pages out that it needs, and reads them back',
      atLimit: true,
    },
  ],
  severity: 'high',
  isGeneral: true,
  isOfVictim: true,
  nobody: 'who wants the memory is not known; named are those whose pages come back',
  anchor: { metric: 'proc.major_faults', least: 5 },
  togetherTicks: 3,
  lastsTicks: 5,
  victims: null,
  conditions: [
    ...SWAPPING,
    {
      id: 'faults',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'proc.major_faults' },
      least: 20,
      unit: 'count',
      what: 'page faults that waited for a device, per second',
    },
  ],
  hostAlone: SWAPPING,
  advice: [
    {
      text: 'See who holds how much in swap, and who holds most memory',
      command: 'grep VmSwap /proc/[0-9]*/status | sort -k2 -n | tail; ps -eo pid,rss,comm --sort=-rss | head',
    },
    {
      text: 'Raise the limit of the control group, if the machine has memory to spare',
      when: ['unit', 'limit-v2'],
      command: 'systemctl set-property --runtime {unit} {limitProperty}={moreLimit}',
      risk: 'what it holds more is missing to others; undo: {limit}',
    },
    {
      text: 'Raise the limit of the control group, if the machine has memory to spare',
      when: ['no-unit', 'limit-v2'],
      command: 'echo {moreLimit} > {limitFile}',
      risk: 'what it holds more is missing to others; undo: {limit}',
    },
    {
      text: 'Raise the limit of the control group, if the machine has memory to spare',
      when: ['limit-v1'],
      command: 'echo {moreLimit} > {limitFile}',
      risk: 'what it holds more is missing to others; undo: {limit}',
    },
    {
      text: 'End or move what is not needed, or add memory: a lower vm.swappiness only makes the page cache pay instead',
    },
  ],
};
