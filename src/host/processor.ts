/**
 * Whether this machine is a virtual one, and whether its processor is emulated instruction by instruction (QEMU without
 * hardware virtualization, TCG), from what the kernel tells of it. Of an x86 guest:
 *
 * - the flag `hypervisor` is set in every virtual machine;
 * - the emulator's own models are called `QEMU …`; told to look like another model, it still lacks the clock that KVM
 *   gives its guests, on a machine whose maker is QEMU. A guest of KVM that was denied that clock is taken for emulated
 *   too: then its costs are estimated, which does no harm.
 *
 * Other architectures do not tell: a machine whose maker is QEMU is taken for emulated.
 */
import { join } from 'node:path';
import type { Processor } from '../core/cost.ts';
import { ROOTS, type Roots, readText } from './files.ts';

export const readProcessor = ({ proc, sys }: Roots = ROOTS): Processor => {
  const cpuinfo = readText(join(proc, 'cpuinfo')) ?? '';
  const isX86 = /^flags\s*:/m.test(cpuinfo);
  const isVirtual = /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo);
  const isQemu = readText(join(sys, 'class/dmi/id/sys_vendor'))?.trim() === 'QEMU';
  const clocks = readText(join(sys, 'devices/system/clocksource/clocksource0/available_clocksource')) ?? '';
  const isEmulated =
    /^model name\s*:\s*QEMU\b/m.test(cpuinfo) || (isQemu && !(isX86 && /\bkvm-clock\b/.test(clocks)));
  return { isVirtual: isVirtual || isEmulated, isEmulated };
};
