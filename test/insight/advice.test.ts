/** Advice is for this host and this suspect, can be typed as it stands, and says what it risks. */
import { describe, expect, it } from 'vitest';
import { createEntity, type Entity } from '../../src/core/entity.ts';
import type { HostIdentity } from '../../src/core/record.ts';
import { createState } from '../../src/core/state.ts';
import { fillIn } from '../../src/insight/findings/advice.ts';
import type { Advice } from '../../src/insight/findings/finding.ts';
import { highOrderExhaustion } from '../../src/insight/findings/high-order-exhaustion.ts';
import { SIGNATURES } from '../../src/insight/findings/index.ts';
import { inodeChurn } from '../../src/insight/findings/inode-churn.ts';
import { pageCacheThrash } from '../../src/insight/findings/page-cache-thrash.ts';
import { seekHoleStorm } from '../../src/insight/findings/seek-hole-storm.ts';
import type { AdviceTemplate } from '../../src/insight/findings/signature.ts';
import { headerOf } from '../helpers/stream.ts';

const suspectOf = (facts: Partial<Entity> = {}): Entity =>
  Object.assign(createEntity(4711, 10, 'reader'), { cgroup: '/system.slice/etl.service', ...facts });

const adviceOf = (
  { advice }: { readonly advice: readonly AdviceTemplate[] },
  host: Partial<HostIdentity> = {},
  suspects: readonly Entity[] = [suspectOf()],
): Advice[] => {
  const header = headerOf();
  return fillIn(advice, suspects, createState({ ...header, host: { ...header.host, ...host } }));
};
const commandsOf = (...args: Parameters<typeof adviceOf>): string =>
  adviceOf(...args)
    .flatMap(({ command }) => command ?? [])
    .join('\n');

const MIB = 2 ** 20;

describe('advice', () => {
  it('is for the file systems of this host', () => {
    const ext4 = commandsOf(seekHoleStorm, { filesystems: ['ext4', 'proc'] });
    expect(ext4).toContain('e4defrag');
    expect(ext4).not.toContain('xfs_fsr');
    expect(commandsOf(seekHoleStorm, { filesystems: ['xfs'] })).not.toContain('e4defrag');
    // Who searches without a step is on neither of those that count them.
    const stepless = suspectOf();
    stepless.counts.set('iomap.seek_hole', { total: 9, delta: 9, sample: 0, trend: null, first: -2 });
    expect(commandsOf(seekHoleStorm, { filesystems: ['ext4', 'xfs'] }, [stepless])).not.toMatch(
      /xfs_fsr|e4defrag/,
    );
    // Nor has its file a map of extents that could be listed: what helps first is where it is.
    expect(commandsOf(seekHoleStorm, {}, [stepless])).not.toContain('filefrag');
    expect(adviceOf(seekHoleStorm, {}, [stepless])[0]?.command).toContain('find -L /proc/4711/fd');
    // Where it is not, each says which it is for.
    for (const { text, command } of adviceOf(seekHoleStorm))
      if (/xfs_fsr|e4defrag|btrfs/.test(command ?? '')) expect(text).toMatch(/^(XFS|ext4|btrfs):/);
  });

  it('has the PID filled in, and leaves no placeholder but what nobody can know', () => {
    for (const signature of SIGNATURES) {
      for (const { text, command = '', risk = '' } of adviceOf(signature, {
        swappiness: 1,
        minFreeKb: 67_584,
      })) {
        expect(text + command + risk).not.toMatch(/[{}](?!\}? \+)|\bPID\b|\bUNIT\b|undefined|NaN/);
      }
    }
    expect(commandsOf(inodeChurn)).toContain('-p 4711');
  });

  it('keeps a part of memory in reserve that this host has, never less than now', () => {
    const small = { memoryBytes: 715 * MIB };
    const reserve = (host: Partial<HostIdentity>): number =>
      Number(/min_free_kbytes=(\d+)/.exec(commandsOf(highOrderExhaustion, host))?.[1] ?? Number.NaN);
    expect(reserve({ ...small, minFreeKb: 3_400 })).toBe(6_800);
    expect(reserve({ memoryBytes: 25_000 * MIB, minFreeKb: 67_584 })).toBe(135_168);
    // Huge pages raised it already: more would hurt, and less must not be proposed.
    expect(reserve({ ...small, minFreeKb: 45_000 })).toBeNaN();
    expect(reserve(small)).toBeNaN();
    expect(commandsOf(highOrderExhaustion, small)).toContain('sysctl vm.min_free_kbytes');
  });

  it('bounds the control group that a running reader is in, by the version this host has', () => {
    const v2 = commandsOf(pageCacheThrash, { memoryControl: 'v2', memoryBytes: 4096 * MIB });
    expect(v2).toContain('systemctl set-property --runtime etl.service MemoryHigh=1024M');
    expect(v2).not.toContain('systemd-run');
    const container = suspectOf({ cgroup: '/kubepods/pod1/c0ffee' });
    expect(commandsOf(pageCacheThrash, {}, [container])).toContain(
      '/sys/fs/cgroup/kubepods/pod1/c0ffee/memory.high',
    );
    const v1 = commandsOf(pageCacheThrash, { memoryControl: 'v1' });
    expect(v1).toContain('memory.limit_in_bytes');
    expect(v1).not.toContain('MemoryHigh');
    const nowhere = commandsOf(pageCacheThrash, { memoryControl: 'v2' }, [suspectOf({ cgroup: '/' })]);
    expect(nowhere).toContain('echo 4711 > /sys/fs/cgroup/bounded/cgroup.procs');
    // What it holds of its own does not fit into any bound that helps.
    const large = suspectOf();
    large.counts.set('proc.anon_bytes', { total: 3500 * MIB, delta: 0, sample: 0, trend: null, first: -2 });
    expect(commandsOf(pageCacheThrash, { memoryBytes: 4096 * MIB }, [large])).not.toMatch(
      /MemoryHigh|memory\.high/,
    );
  });

  it('changes swappiness only where it was changed', () => {
    expect(commandsOf(pageCacheThrash, { swappiness: 60 })).not.toContain('swappiness');
    expect(commandsOf(pageCacheThrash, { swappiness: 1 })).toContain('vm.swappiness=60');
    expect(commandsOf(pageCacheThrash)).not.toContain('swappiness=');
  });

  it('quotes names that come from the machine, and prints none that could be a command', () => {
    const odd = suspectOf({ cgroup: "/a;reboot/it's" });
    expect(commandsOf(pageCacheThrash, {}, [odd])).toContain(`'/a;reboot/it'\\''s'`);
    for (const cgroup of ['/a\nreboot', '/../../etc']) {
      const text = commandsOf(pageCacheThrash, {}, [suspectOf({ cgroup })]);
      expect(text).not.toMatch(/reboot|etc/);
    }
  });

  it('that could cost anything says so, and none hides live locks under a mount', () => {
    const harmless = /^(?:top -b |sysctl vm\.\w+$|free |time |dmesg |iotop |grep |cat \/proc\/)/;
    for (const signature of SIGNATURES) {
      for (const { command, risk } of signature.advice) {
        if (command === undefined) continue;
        expect(command).not.toContain('mount ');
        // Followed beyond the descriptors, a directory held open is walked: of a service, often the whole of its disk.
        expect(command).not.toMatch(/find -L (?!\S+ -maxdepth 1 )/);
        expect(risk !== undefined || harmless.test(command), command).toBe(true);
      }
    }
    const tmpfs = adviceOf(inodeChurn).find(({ text }) => text.includes('tmpfs'));
    expect(tmpfs?.command).toBeUndefined();
    expect(tmpfs?.text).toMatch(/users stopped.*damaged/);
  });
});
