/**
 * A block device works well and is asked for more than it can do: each request waits for many before it. What is slow is the
 * queue, not the service. Who asks is counted over all devices, so somebody is accused only where half of this
 * device's queue is provably theirs.
 */
import type { Signature } from './signature.ts';

export const floodedDevice: Signature = {
  id: 'flooded-device',
  title: 'Flooded device: it is asked for more than it can do, and each request waits for those before it',
  severity: 'medium',
  isGeneral: true,
  places: { kind: 'device', queuedBy: 'disk.ns' },
  nobody: 'nobody has provably half of its queue',
  anchor: { metric: 'device.busy_ms', least: 600 },
  togetherTicks: 3,
  lastsTicks: 5,
  victims: { metric: 'blocked.io_ns', least: 2e8 },
  conditions: [
    {
      id: 'queue',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'device.queue_ms', per: 'device.busy_ms' },
      least: 8,
      unit: 'count',
      what: 'requests in it at a time',
    },
    {
      id: 'each',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'device.queue_ms', per: 'device.requests' },
      least: 50,
      unit: 'ms',
      what: 'until each was completed',
    },
    {
      // What completes fewer is slow, not flooded.
      id: 'serves',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'device.requests', per: 'device.busy_s' },
      least: 20,
      unit: 'count',
      what: 'requests completed per second in which it was busy',
    },
    {
      id: 'busy',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'device.busy_ms' },
      least: 900,
      unit: 'ms',
      what: 'with a request in it, per second',
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
      id: 'bytes',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'rate', metric: 'device.bytes' },
      least: 1,
      unit: 'bytes',
      what: 'moved, per second',
    },
    {
      id: 'discards',
      scope: 'suspect',
      need: 'forbidden',
      measure: { kind: 'rate', metric: 'device.discards' },
      least: 1,
      unit: 'count',
      what: 'discards, per second',
    },
  ],
  advice: [
    {
      text: 'See who asks it for what',
      command: 'iotop -oPa -d 5',
    },
    {
      text: 'Bound what its unit may ask of the device',
      when: ['unit', 'cgroup-v2', 'accused'],
      command:
        'systemctl set-property --runtime {unit} "IOReadBandwidthMax=/dev/{device} 50M" "IOWriteBandwidthMax=/dev/{device} 50M"',
      risk: 'everything in the unit takes longer; what it writes through the page cache is bounded where the file system supports that',
    },
    {
      text: 'Let it ask for less at a time: fewer jobs, a smaller queue depth; a backup at another time',
    },
  ],
};
