/** What the kernel says of BPF programs and maps, of a real tracer and as text. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { parseMapInfo, parseProgram, readBpfObjects } from '../../src/host/bpf-objects.ts';
import { localFiles } from '../../src/host/local-files.ts';

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

const isRoot = process.geteuid?.() === 0;
const bpftrace = spawnSync('bpftrace', ['--version']).status === 0;

it.skipIf(!isRoot || !bpftrace)('map memory of a real bpftrace (needs root and bpftrace)', async () => {
  const sizeWith = async (keys: number): Promise<number> => {
    const child = spawn('bpftrace', ['-q', '-e', 'interval:ms:50 { @[nsecs] = 1; printf("up\\n"); }'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, BPFTRACE_MAP_KEYS_MAX: String(keys), BPFTRACE_MAX_MAP_KEYS: String(keys) },
    });
    children.push(child);
    await once(child.stdout ?? child, 'data');
    return readBpfObjects(localFiles, child.pid ?? -1).mapBytes;
  };
  const [small, large] = [await sizeWith(1000), await sizeWith(101_000)];
  // 100,000 more keys of 8 bytes with values of 8, and the kernel's own overhead for each.
  expect((large - small) / 100_000).toBeGreaterThan(16);
  expect((large - small) / 100_000).toBeLessThan(200);
});

describe('a descriptor', () => {
  it('of a program reports its kind, its time, its runs and those that were skipped', () => {
    const text =
      'pos:\t0\nflags:\t02000002\nprog_type:\t5\nprog_jited:\t1\nprog_tag:\tabc\nmemlock:\t4096\nprog_id:\t77\nrun_time_ns:\t1234\nrun_cnt:\t5\nrecursion_misses:\t3\n';
    expect(parseProgram(text)).toEqual({ id: '77', kind: 'tracepoint', runNs: 1234, runs: 5, missed: 3 });
    expect(parseProgram(text.replace('prog_type:\t5', 'prog_type:\t99'))?.kind).toBe('other');
    // Before 5.12 the kernel does not count them.
    expect(parseProgram(text.replace('recursion_misses:\t3\n', ''))?.missed).toBe(0);
    expect(parseProgram('pos:\t0\nmap_type:\t5\nmap_id:\t3\n')).toBeNull();
    expect(parseProgram('pos:\t0\nlink_type:\tperf\nprog_tag:\tabc\nprog_id:\t77\n')).toBeNull();
  });

  it('of a map reports its memory', () => {
    const map =
      'pos:\t0\nflags:\t02000002\nmap_type:\t5\nkey_size:\t4\nmemlock:\t524888\nmap_id:\t31\nfrozen:\t0\n';
    expect(parseMapInfo(map)).toEqual({ id: '31', sizeBytes: 524_888 });
    // A BPF program has memlock too.
    expect(parseMapInfo('prog_type:\t5\nmemlock:\t4096\nprog_id:\t9\n')).toBeNull();
    expect(parseMapInfo('')).toBeNull();
  });

  it('of a process that is gone is none', () => {
    const { pid } = spawnSync('true');
    expect(readBpfObjects(localFiles, pid)).toEqual({ programs: [], mapBytes: 0 });
  });
});
