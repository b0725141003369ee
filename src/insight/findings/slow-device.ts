/**
 * A block device completes few requests and few bytes in the time in which it is busy: it is slow, whoever asks and however
 * much is asked. What each process asked of it is not looked at, so nobody is accused.
 */
import type { Signature } from './signature.ts';
import { STEAL } from './steal.ts';

export const slowDevice: Signature = {
  id: 'slow-device',
  title: 'Slow device: it is busy, completes few requests in that time, and somebody waits for I/O',
  titles: [
    {
      text: 'Slow device: it is busy, and completes few requests in that time; whether somebody waited for it was not measured',
      unknown: 'waits',
    },
  ],
  severity: 'high',
  places: { kind: 'device' },
  nobody: 'the device is slow, whoever asks',
  anchor: { metric: 'device.busy_ms', least: 300 },
  togetherTicks: 3,
  lastsTicks: 5,
  victims: { metric: 'blocked.io_ns', least: 2e8 },
  conditions: [
    {
      id: 'requests',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'device.requests', per: 'device.busy_s' },
      most: 20,
      unit: 'count',
      what: 'requests completed per second in which it was busy',
    },
    {
      id: 'busy',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'device.busy_ms' },
      least: 500,
      unit: 'ms',
      what: 'with a request in it, per second',
    },
    {
      id: 'bytes',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'device.bytes', per: 'device.busy_s' },
      most: 10e6,
      unit: 'bytes',
      what: 'moved per second in which it was busy',
    },
    {
      id: 'waits',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'psi.io.some_us' },
      least: 1e5,
      unit: 'us',
      what: 'time in which somebody waited for I/O, per second',
    },
    {
      // Of few requests at a time a device makes none wait for others.
      id: 'queue',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'ratio', metric: 'device.queue_ms', per: 'device.busy_ms' },
      least: 0,
      most: 8,
      unit: 'count',
      what: 'requests in it at a time',
    },
    {
      id: 'each',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'ratio', metric: 'device.queue_ms', per: 'device.requests' },
      least: 50,
      unit: 'ms',
      what: 'until each was completed',
    },
    {
      // One discard may be of gigabytes.
      id: 'discards',
      scope: 'suspect',
      need: 'forbidden',
      measure: { kind: 'rate', metric: 'device.discards' },
      least: 0.1,
      unit: 'count',
      what: 'discards, per second',
    },
    STEAL,
  ],
  advice: [
    {
      text: 'See what the kernel and the device say of it: resets, timeouts, bad sectors',
      command: "dmesg -T | grep -E '{device}|I/O error|timeout|reset' | tail",
    },
    {
      text: 'Ask a disk for its own account; of a virtual disk, its provider, who may hold it to a number of requests a second',
      when: ['own-disk'],
      command: 'smartctl -x /dev/{device}',
      risk: 'it wakes a disk that sleeps',
    },
    {
      text: 'Move what must be fast to another device, until it is repaired or replaced',
    },
  ],
};
