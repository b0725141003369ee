/**
 * Whether this machine is a virtual one, and whether its processor is emulated instruction by instruction (QEMU without
 * hardware virtualization, TCG), from what the kernel says of it. Of an x86 guest:
 *
 * - the flag `hypervisor` is set in every virtual machine;
 * - the emulator's own models are called `QEMU …`; made to look like another model, it still lacks the clock that KVM
 *   gives its guests, on a machine whose maker is QEMU. A guest of KVM that was denied that clock is taken for emulated
 *   too: then its costs are estimated, which does no harm.
 *
 * Other architectures do not say: a machine whose maker is QEMU is taken for emulated.
 */
import type { Processor } from '../core/cost-facts.ts';
import type { HostFiles } from './files.ts';

export const readProcessor = (files: HostFiles): Processor => {
  const cpuinfo = files.text('/proc/cpuinfo') ?? '';
  const isX86 = /^flags\s*:/m.test(cpuinfo);
  const isVirtual = /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo);
  const isQemu = files.text('/sys/class/dmi/id/sys_vendor')?.trim() === 'QEMU';
  const clocks = files.text('/sys/devices/system/clocksource/clocksource0/available_clocksource') ?? '';
  const isEmulated =
    /^model name\s*:\s*QEMU\b/m.test(cpuinfo) || (isQemu && !(isX86 && /\bkvm-clock\b/.test(clocks)));
  return { isVirtual: isVirtual || isEmulated, isEmulated };
};
