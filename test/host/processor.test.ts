import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readProcessor } from '../../src/host/processor.ts';

const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true });
});

/** A machine with these files. */
const rootsOf = (cpuinfo: string, files: Readonly<Record<string, string>>) => {
  const dir = mkdtempSync(join(tmpdir(), 'processor-'));
  made.push(dir);
  for (const [path, text] of Object.entries({ 'proc/cpuinfo': cpuinfo, ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return { proc: join(dir, 'proc'), sys: join(dir, 'sys') };
};
const CLOCKS = 'sys/devices/system/clocksource/clocksource0/available_clocksource';
const VENDOR = 'sys/class/dmi/id/sys_vendor';
const x86 = (model: string, flags: string) =>
  `processor\t: 0\nmodel name\t: ${model}\nflags\t\t: fpu ${flags}\n`;

describe('the processor', () => {
  it.each([
    ['a laptop', x86('Intel(R) Core(TM) i7', 'vme'), { [VENDOR]: 'LENOVO\n' }, false, false],
    ['Firecracker', x86('AMD EPYC', 'hypervisor'), { [CLOCKS]: 'tsc kvm-clock \n' }, true, false],
    [
      'QEMU with KVM',
      x86('AMD EPYC', 'hypervisor'),
      { [CLOCKS]: 'kvm-clock tsc acpi_pm \n', [VENDOR]: 'QEMU\n' },
      true,
      false,
    ],
    [
      'QEMU without KVM, its own model',
      x86('QEMU TCG CPU version 2.5+', 'hypervisor'),
      { [CLOCKS]: 'tsc hpet acpi_pm \n', [VENDOR]: 'QEMU\n' },
      true,
      true,
    ],
    [
      'QEMU without KVM, as another model',
      x86('Intel Core Processor (Haswell)', 'hypervisor'),
      { [CLOCKS]: 'tsc hpet acpi_pm \n', [VENDOR]: 'QEMU\n' },
      true,
      true,
    ],
    [
      'an Arm guest of QEMU, which does not tell',
      'Features\t: fp asimd\n',
      { [VENDOR]: 'QEMU\n' },
      true,
      true,
    ],
    ['an Arm server', 'Features\t: fp asimd\n', { [VENDOR]: 'HPE\n' }, false, false],
  ])('of %s', (_, cpuinfo, files, isVirtual, isEmulated) => {
    expect(readProcessor(rootsOf(cpuinfo, files))).toEqual({ isVirtual, isEmulated });
  });
});
