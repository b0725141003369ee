/**
 * Memory ran out, and the kernel killed a process. One kill is one too many, so one is enough. Who is killed is known; who
 * wanted the memory is not: the kernel takes who holds most.
 */
import { logged, loggedToo } from './logged.ts';
import type { Signature } from './signature.ts';

export const oomKill: Signature = {
  id: 'oom-kill',
  title: 'OOM kill: memory ran out, and the kernel killed a process',
  titles: [
    {
      text: 'OOM kill: a control group was at its memory limit, and the kernel killed a process in it',
      atLimit: true,
    },
  ],
  severity: 'high',
  isOfVictim: true,
  nobody: 'who wanted the memory is not known; the kernel takes who holds most',
  anchor: { metric: 'oom.kills', least: 1e-3 },
  togetherTicks: 1,
  lastsTicks: 1,
  victims: null,
  conditions: [
    {
      id: 'kills',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'amount', metric: 'oom.kills' },
      least: 1e-3,
      unit: 'count',
      what: 'killed',
    },
    {
      id: 'anon',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'amount', metric: 'oom.anon_kib' },
      least: 1e-3,
      unit: 'KiB',
      what: 'of anonymous memory it held',
    },
    {
      id: 'file',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'amount', metric: 'oom.file_kib' },
      least: 1e-3,
      unit: 'KiB',
      what: 'of files it had mapped',
    },
    {
      id: 'shmem',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'amount', metric: 'oom.shmem_kib' },
      least: 1e-3,
      unit: 'KiB',
      what: 'of shared memory it had mapped',
    },
    {
      id: 'host',
      scope: 'host',
      need: 'optional',
      measure: { kind: 'amount', metric: 'vm.oom_kill' },
      least: 1,
      unit: 'count',
      what: 'killed on this machine meanwhile',
    },
  ],
  hostAlone: [
    {
      id: 'host',
      scope: 'host',
      need: 'required',
      measure: { kind: 'amount', metric: 'vm.oom_kill' },
      least: 1,
      unit: 'count',
      what: 'killed on this machine',
    },
  ],
  logged: {
    titles: [
      {
        text: 'OOM kill: a control group was at its memory limit, and the kernel killed a process in it (from its log)',
        held: 'group',
      },
      { text: 'OOM kill: memory ran out, and the kernel killed a process (from its log)' },
    ],
    victims: 'klog.by.oom_kills',
    conditions: [
      logged('kills', 'oom_kills', 'killed'),
      loggedToo('group', 'oom_group_kills', 'of them at the limit of a control group'),
      loggedToo('anon', 'oom_anon_kib', 'of anonymous memory they held', 'KiB'),
      loggedToo('file', 'oom_file_kib', 'of files they had mapped', 'KiB'),
      loggedToo('shmem', 'oom_shmem_kib', 'of shared memory they had mapped', 'KiB'),
    ],
  },
  advice: [
    {
      text: "Read the kernel's own account: which limit ran out, who asked, and what everybody held at that moment",
      command: "dmesg -T | grep -E 'oom-kill|Out of memory|Killed process'",
    },
    {
      text: 'Raise the limit of its control group, if the machine has memory to spare',
      when: ['unit', 'limit-v2'],
      command: 'systemctl set-property --runtime {unit} {limitProperty}={moreLimit}',
      risk: 'what it holds more is missing to others; undo: {limit}',
    },
    {
      text: 'Raise the limit of its control group, if the machine has memory to spare',
      when: ['no-unit', 'limit-v2'],
      command: 'echo {moreLimit} > {limitFile}',
      risk: 'what it holds more is missing to others; undo: {limit}',
    },
    {
      text: 'Raise the limit of its control group, if the machine has memory to spare',
      when: ['limit-v1'],
      command: 'echo {moreLimit} > {limitFile}',
      risk: 'what it holds more is missing to others; undo: {limit}',
    },
    {
      text: 'Spare what must not die: OOMScoreAdjust=-500 in its unit, or choom -n -500 -p of its process; another is killed then',
    },
  ],
};
