import { describe, expect, it } from 'vitest';
import { readProcessor } from '../../src/host/processor.ts';
import { fakeFiles } from '../helpers/fake-files.ts';

const CLOCKS = '/sys/devices/system/clocksource/clocksource0/available_clocksource';
const VENDOR = '/sys/class/dmi/id/sys_vendor';
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
      'an Arm guest of QEMU, which does not say',
      'Features\t: fp asimd\n',
      { [VENDOR]: 'QEMU\n' },
      true,
      true,
    ],
    ['an Arm server', 'Features\t: fp asimd\n', { [VENDOR]: 'HPE\n' }, false, false],
  ])('of %s', (_, cpuinfo, files, isVirtual, isEmulated) => {
    expect(readProcessor(fakeFiles({ '/proc/cpuinfo': cpuinfo, ...files }))).toEqual({
      isVirtual,
      isEmulated,
    });
  });
});
