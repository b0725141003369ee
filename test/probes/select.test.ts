import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../src/host/facts.ts';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';
import { reasonAgainst, selectVariant } from '../../src/probes/select.ts';
import {
  ARM_6_18,
  BUILT_IN_6_18,
  DEBIAN_5_10,
  DEBIAN_6_1,
  DEBIAN_6_12,
  hostFacts,
  KERNEL_4_19,
  KERNEL_5_4,
  KERNEL_6_18,
  LOCKED_6_18,
  WITHOUT_XFS,
} from './hosts.ts';

const catalogue = loadCatalogue();
const select = (id: string, facts: HostFacts) => {
  const { manifest, folder } = findProbe(catalogue, id);
  const { variant, rejected } = selectVariant(manifest, folder, facts);
  return {
    variant: variant?.id ?? null,
    rejected: Object.fromEntries(rejected.map((r) => [r.variant, r.reason])),
  };
};
const chosenOn = (facts: HostFacts) =>
  Object.fromEntries(catalogue.map(({ manifest }) => [manifest.id, select(manifest.id, facts).variant]));

describe('selectVariant', () => {
  it('takes tracepoints on a locked-down 6.18, and says what the others lack', () => {
    expect(chosenOn(LOCKED_6_18)).toEqual({
      blocked: 'tracepoint',
      disk: 'tracepoint',
      faults: 'tracepoint',
      inode: 'tracepoint',
      iomap: 'tracepoint',
      kswapd: 'tracepoint',
      oom: 'tracepoint',
      'page-alloc': 'tracepoint',
      python: 'tracepoint',
      sync: 'tracepoint',
      'xfs-alloc': 'nofail',
    });
    expect(select('iomap', LOCKED_6_18).rejected).toEqual({
      counters: "the kernel's type information (BTF) does not say where file has f_inode",
      seeks: 'only when asked for: --variant iomap=seeks',
      fentry: 'needs fentry; this kernel does not offer it (trampolines and a readable list of functions)',
      'tracepoint-apply': 'tracepoint iomap:iomap_apply is absent',
      'kprobe-apply': 'needs kprobes; this kernel has none (CONFIG_KPROBES)',
      kprobe: 'needs kprobes; this kernel has none (CONFIG_KPROBES)',
    });
  });

  it('takes the counters of XFS where its structures are known, built in or of a loaded module', () => {
    expect(select('iomap', BUILT_IN_6_18).variant).toBe('counters');
    const { memberOffset } = BUILT_IN_6_18;
    const offsets = (loaded: boolean): HostFacts => ({
      ...DEBIAN_6_12,
      perCpuOffset: BUILT_IN_6_18.perCpuOffset,
      memberOffset: (struct, member, module) =>
        struct.startsWith('xfs') && !(loaded && module === 'xfs') ? null : memberOffset(struct, member),
    });
    expect(select('iomap', offsets(true)).variant).toBe('counters');
    expect(select('iomap', offsets(false))).toMatchObject({
      variant: 'fentry',
      rejected: {
        counters: "the kernel's type information (BTF) does not say where xfs_mount has m_stats.xs_stats",
      },
    });
  });

  it('takes an event for each step on a processor whose CPUs do not keep their offset in a variable', () => {
    const arm = {
      ...BUILT_IN_6_18,
      perCpuOffset: (variable: string) => (variable === 'runqueues' ? 4_096 : null),
    };
    expect(select('iomap', arm)).toMatchObject({
      variant: 'tracepoint',
      rejected: {
        counters:
          "the kernel's type information (BTF) does not say where the per-CPU variable this_cpu_off lies",
      },
    });
  });

  it('takes the system calls alone where io_uring does not say what it does', () => {
    expect(select('sync', DEBIAN_6_1).variant).toBe('tracepoint');
    for (const facts of [DEBIAN_5_10, KERNEL_5_4]) expect(select('sync', facts).variant).toBe('syscalls');
  });

  it('takes fentry on 6.12', () => {
    expect(select('iomap', DEBIAN_6_12)).toMatchObject({
      variant: 'fentry',
      rejected: { tracepoint: 'not needed: fentry comes first and runs here' },
    });
  });

  it('takes iomap_apply on 5.10, where iomap_iter is there but serves only DAX', () => {
    expect(select('iomap', DEBIAN_5_10)).toMatchObject({
      variant: 'tracepoint-apply',
      rejected: { fentry: 'kernel function iomap_apply exists: this kernel goes through it instead' },
    });
    const withoutFunctions = { ...DEBIAN_5_10, fentry: false, kprobes: false, hasFunction: () => false };
    expect(select('iomap', withoutFunctions)).toMatchObject({
      variant: 'tracepoint-apply',
      rejected: { tracepoint: 'tracepoint iomap:iomap_apply exists: this kernel goes through it instead' },
    });
    expect(chosenOn(DEBIAN_5_10)).toMatchObject({ faults: 'single-page' });
  });

  it('takes a kprobe on 5.4, which has no iomap tracepoint', () => {
    expect(select('iomap', KERNEL_5_4).variant).toBe('kprobe-apply');
  });

  it('counts inside kmem_alloc of XFS where it is, and what took its place where it is gone', () => {
    for (const facts of [DEBIAN_6_1, DEBIAN_5_10, KERNEL_5_4]) {
      expect(select('xfs-alloc', facts)).toEqual({
        variant: 'tracepoint',
        rejected: {
          kprobe: 'not needed: tracepoint comes first and runs here',
          nofail: 'tracepoint xfs:kmem_alloc exists: this kernel goes through it instead',
        },
      });
    }
    expect(select('xfs-alloc', KERNEL_4_19)).toEqual({
      variant: 'kprobe',
      rejected: {
        tracepoint: 'tracepoint xfs:kmem_alloc is absent',
        nofail: 'kernel function kmem_alloc exists: this kernel goes through it instead',
      },
    });
    // Without kprobes there is no way to know on 4.19: the function is there, so the newer kernels' way is wrong.
    expect(select('xfs-alloc', { ...KERNEL_4_19, kprobes: false }).variant).toBeNull();
    for (const facts of [DEBIAN_6_12, LOCKED_6_18]) expect(select('xfs-alloc', facts).variant).toBe('nofail');
  });

  it('says what is missing where XFS is not in use', () => {
    expect(select('xfs-alloc', WITHOUT_XFS)).toEqual({
      variant: null,
      rejected: {
        tracepoint: 'tracepoint xfs:kmem_alloc is absent',
        kprobe: 'kernel function kmem_alloc is absent',
        nofail: 'tracepoint xfs:xfs_trans_alloc is absent',
      },
    });
  });

  it('reports created files from opened ones, and counts io_uring, wherever types and events allow it', () => {
    for (const facts of [DEBIAN_6_12, DEBIAN_6_1, LOCKED_6_18]) {
      expect(select('inode', facts).variant).toBe('tracepoint');
    }
    // 5.10 does not say what io_uring hands to its workers.
    expect(select('inode', DEBIAN_5_10)).toMatchObject({
      variant: 'syscalls',
      rejected: { tracepoint: 'tracepoint io_uring:io_uring_queue_async_work is absent' },
    });
    expect(select('inode', KERNEL_4_19)).toMatchObject({
      variant: 'flags',
      rejected: { syscalls: "the kernel's type information (BTF) does not say where task_struct has files" },
    });
  });

  it('runs on Arm, whose old system calls are missing', () => {
    expect(chosenOn(ARM_6_18)).toMatchObject({ inode: 'tracepoint', iomap: 'tracepoint' });
  });

  it('refuses page-alloc when the flags cannot be read, rather than guess their bits', () => {
    const elsewhere = hostFacts({ tracepoints: KERNEL_6_18, tracefs: '/nowhere' });
    expect(select('page-alloc', elsewhere)).toEqual({
      variant: null,
      rejected: {
        'slow-path': 'only when asked for: --variant page-alloc=slow-path',
        tracepoint: 'the value of __GFP_NORETRY cannot be read from the format of kmem:mm_page_alloc',
      },
    });
  });

  it('gives every probe a reason where nothing can run', () => {
    const cases: readonly (readonly [HostFacts, string])[] = [
      [
        hostFacts({ tracepoints: {}, bpftrace: null, bpftraceProblem: 'not found in PATH' }),
        'not found in PATH',
      ],
      [hostFacts({ tracepoints: {}, tracefs: null }), 'needs the tracing file system'],
      [
        hostFacts({ tracepoints: KERNEL_6_18, btf: false, bpftrace: '0.25.0' }),
        'reads tracepoints through BTF',
      ],
      [hostFacts({ tracepoints: {} }), 'is absent'],
    ];
    for (const [facts, words] of cases) {
      for (const { manifest, folder } of catalogue) {
        const { variant, rejected } = selectVariant(manifest, folder, facts);
        expect(variant).toBeNull();
        expect(rejected).toHaveLength(manifest.variants.length);
        expect(rejected.map(({ reason }) => reason).join('\n')).toContain(words);
      }
    }
  });
});

describe('reasonAgainst', () => {
  const base = findProbe(catalogue, 'kswapd').manifest.variants[0]!;
  const needing = (when: Partial<typeof base.when>) => ({ ...base, when: { ...base.when, ...when } });

  it('compares bpftrace as versions, whatever the distribution appends', () => {
    const variant = needing({ bpftrace: '>=0.20.0' });
    expect(reasonAgainst(variant, LOCKED_6_18)).toBe('needs bpftrace ≥0.20.0, this is 0.17.0');
    const next = hostFacts({ tracepoints: KERNEL_6_18, bpftrace: '0.21.0-rc1' });
    expect(reasonAgainst(variant, next)).toBeNull();
  });

  it('names a missing field', () => {
    const variant = needing({ fields: { 'vmscan:mm_vmscan_kswapd_sleep': ['nid', 'reason'] } });
    expect(reasonAgainst(variant, LOCKED_6_18)).toBe(
      'tracepoint vmscan:mm_vmscan_kswapd_sleep has no field reason here',
    );
  });

  it('knows where raw tracepoints work', () => {
    const variant = needing({ facility: 'rawtracepoint' });
    expect(reasonAgainst(variant, LOCKED_6_18)).toContain('0.17.0 aborts on them');
    const with23 = hostFacts({ tracepoints: KERNEL_6_18, bpftrace: '0.23.2', btf: false });
    expect(reasonAgainst(variant, with23)).toBeNull();
    const with24 = hostFacts({ tracepoints: KERNEL_6_18, bpftrace: '0.24.0', btf: false });
    expect(reasonAgainst(variant, with24)).toContain('through BTF');
  });

  it('reports lockdown from a kernel without kprobes', () => {
    const locked = hostFacts({ tracepoints: KERNEL_6_18, lockdown: 'confidentiality' });
    expect(reasonAgainst(needing({ facility: 'kprobe' }), locked)).toContain('locked down');
  });
});
