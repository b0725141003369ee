import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../src/host/facts.ts';
import { assemble } from '../../src/probes/assemble.ts';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { frameOf } from '../../src/probes/frame.ts';
import { selectVariant } from '../../src/probes/select.ts';
import type { AssembleRequest, KernelFilter } from '../../src/probes/types.ts';
import { ARM_6_18, BUILT_IN_6_18, DEBIAN_5_10, hostFacts, KERNEL_6_18, LOCKED_6_18 } from './hosts.ts';

const catalogue = loadCatalogue();
const request = (ids: readonly string[], facts: HostFacts = LOCKED_6_18): AssembleRequest => ({
  selected: catalogue
    .filter(({ manifest }) => ids.includes(manifest.id))
    .map(({ manifest, folder }) => selectVariant(manifest, folder, facts)),
  filter: { kind: 'all' },
  intervalMs: 1000,
  mapKeys: 16384,
  facts,
});
const ALL = catalogue.map(({ manifest }) => manifest.id);
const clauseOf = (script: string, head: string): string => {
  const from = script.indexOf(head);
  return from < 0 ? '' : script.slice(from, script.indexOf('\n}', from));
};

const endsOf = (script: string): string[] =>
  script
    .split('\n}\n')
    .filter((clause) => clause.trimStart().startsWith('tracepoint:sched:sched_process_exit'));
/** bpftrace has two of its own. */
const mapsOf = (clause: string): number => new Set(clause.match(/@\w+/g)).size;

describe('assemble', () => {
  it('makes the same script as ever (golden)', async () => {
    const { script } = assemble({
      ...request(['iomap', 'page-alloc']),
      filter: { kind: 'tree', rootPid: 4711 },
    });
    await expect(script).toMatchFileSnapshot('golden/iomap+page-alloc-tree.bt');
  });

  it('puts this kernel into the script that reads the counters of XFS (golden)', async () => {
    const { script } = assemble(request(['iomap'], BUILT_IN_6_18));
    expect(script, 'a constant was left').not.toMatch(/\b[A-Z]+_[A-Z]+\b|\bLOOKUPS\b|\bRUNQUEUES\b/);
    await expect(script).toMatchFileSnapshot('golden/iomap-counters.bt');
  });

  it('counts in pages as large as those of the host, which on arm64 may have 64 KiB', () => {
    const { script } = assemble(request(['python'], { ...LOCKED_6_18, pageBytes: 65_536 }));
    expect(script).toContain('(@python_length[tid] + 65536 - 1) / 65536 * 65536');
    expect(script.match(/\) \* 65536\b/g)).toHaveLength(3);
    expect(script).not.toContain('PAGE_BYTES');
  });

  it('describes each metric by what this variant really counts', () => {
    const here = assemble(request(['iomap']));
    expect(here.metrics.find(({ id }) => id === 'iomap.iter')).toMatchObject({
      probe: 'iomap',
      scope: 'pid',
      kind: 'counter',
      unit: 'count',
      label: 'iomap_iter',
      lane: true,
      help: expect.stringContaining('kernel function iomap_iter'),
    });
    const there = assemble(request(['iomap'], { ...DEBIAN_5_10, fentry: false }));
    expect(there.metrics.find(({ id }) => id === 'iomap.iter')).toMatchObject({
      label: 'iomap_apply',
      help: expect.stringContaining('kernel function iomap_apply'),
    });
    expect(there.script).toContain('tracepoint:iomap:iomap_apply');
    expect(there.script).not.toContain('iomap:iomap_iter');
  });

  it('reports each file once that only the host can judge, and counts those that it has no line for', () => {
    const { script, needFiles, scratch } = assemble(request(['python', 'iomap']));
    const exec = clauseOf(script, 'tracepoint:sched:sched_process_exec');
    expect(exec).toMatch(
      /if \(@python_program\[(.+)\] != 1\) \{ @frame_files = count\(\);.*@python_program\[\1\] = 1;/,
    );
    expect(exec).toMatch(
      /printf\("file python_program %d .*\\n%s\\n", pid, nsecs, .*, comm, str\(args->filename\)\);/,
    );
    expect(clauseOf(script, 'interval:')).toContain('print(@frame_files);');
    expect(scratch).toContain('@python_program');
    expect(needFiles).toContain('python.arenas');
    expect(needFiles.filter((id) => !id.startsWith('python.'))).toEqual([]);
    const without = assemble(request(['iomap']));
    expect(without.script).not.toContain('@frame_files');
    expect(without.needFiles).toEqual([]);
  });

  it('reports a script what it cannot find out itself, in numbers and for its own maps only', () => {
    const seeds = [
      { map: '@python_arena', key: 4711n, value: 1_048_576n },
      { map: '@python_code', key: 4711n, value: 0x7f2a_1000_0000n },
      { map: '@other_map', key: 1n, value: 1n },
    ];
    const begin = clauseOf(assemble({ ...request(['python']), seeds }).script, 'BEGIN');
    expect(begin).toContain('@python_arena[(uint64)4711] = (uint64)1048576;');
    expect(begin).toContain('@python_code[(uint64)4711] = (uint64)139818633789440;');
    expect(begin).not.toContain('@other_map');
    expect(clauseOf(assemble({ ...request(['iomap']), seeds }).script, 'BEGIN')).not.toContain('@python');
    for (const value of [-1n, 2n ** 63n])
      expect(() =>
        assemble({ ...request(['python']), seeds: [{ map: '@python_arena', key: 1n, value }] }),
      ).toThrow(/out of range/);
  });

  it('lets no two probes share a variable: bpftrace 0.23 knows one type for a name in all of the script', () => {
    const { script, ownerOfLine } = assemble(request(ALL, BUILT_IN_6_18));
    const owners = new Map<string, Set<string | null>>();
    for (const [index, line] of script.split('\n').entries())
      for (const [name] of line.matchAll(/\$\w+/g))
        owners.set(name, (owners.get(name) ?? new Set()).add(ownerOfLine(index + 1)));
    expect(owners.size).toBeGreaterThan(50);
    expect([...owners].filter(([, own]) => own.size > 1)).toEqual([]);
  });

  it('binds every printed map to one metric, with its key parts', () => {
    const { script, bindings, metrics, scratch } = assemble(request(ALL));
    const printed = [...script.matchAll(/print\((@\w+)\)/g)].map(([, map]) => map);
    // The last first, so that how often something happened is never read before what came of it.
    expect(printed).toEqual([
      ...bindings.map(({ map }) => map).reverse(),
      '@frame_exits',
      '@frame_full',
      '@frame_files',
    ]);
    // What a map is printed for alone is no metric, and a gauge has no map.
    const bound = bindings
      .map(({ metric }) => metric)
      .filter((metric) => !/\.(?:open|twice|missed)$/.test(metric));
    expect(metrics.filter(({ kind }) => kind !== 'gauge').map(({ id }) => id)).toEqual(bound);
    expect(bindings.find(({ metric }) => metric === 'page-alloc.attempts_failed')?.keyParts).toBe(3);
    expect(bindings.find(({ metric }) => metric === 'iomap.iter')?.keyParts).toBe(1);
    const all = new Set(script.match(/@\w+/g));
    expect([...all].sort()).toEqual(
      ['@frame_exits', '@frame_files', '@frame_full', ...bindings.map(({ map }) => map), ...scratch].sort(),
    );
    for (const map of scratch) expect(clauseOf(script, '\nEND')).toContain(`clear(${map});`);
  });

  it('reads back every key that a later clause looks for, and knows what misses one that did not stay', () => {
    const { script, checked } = assemble({ ...request(['inode']), filter: { kind: 'tree', rootPid: 7 } });
    expect(script).toContain(
      '@inode_start[tid] = nsecs; if (@inode_start[tid] == 0) { @frame_full[0] = count(); }',
    );
    const tree = checked.length - 1;
    expect(script).toContain(
      `if (@frame_tree[(uint64)args->child_pid] == 0) { @frame_full[${tree}] = count(); }`,
    );
    expect(checked.map(({ map }) => map)).toEqual([
      '@inode_start',
      '@inode_tmpfile',
      '@inode_argument',
      '@inode_uring_who',
      '@inode_uring_start',
      '@frame_tree',
    ]);
    expect(checked[0]?.metrics).toContain('inode.create');
    const iomap = assemble(request(['iomap'])).checked.find(({ map }) => map === '@iomap_start');
    expect(iomap?.metrics).toContain('iomap.seek_ns');
    // The call itself is counted where it begins, whether or not its beginning finds room.
    expect(iomap?.metrics).not.toContain('iomap.seek_hole');
    // What is made of the waits that go on misses one too.
    const sync = assemble(request(['sync'])).checked.find(({ map }) => map === '@sync_start');
    expect(sync?.metrics).toEqual(['sync.ns', 'sync.max_ns', 'sync.latency', 'sync.errors', 'sync.now']);
  });

  it('lets the script say who counts, once in a life, where nobody else can', () => {
    const { script } = assemble({ ...request(['inode']), tellsWho: true });
    expect(script).toContain('if (@seen[pid] != 1) { @seen[pid] = 1; if (@seen[pid] == 1 && @frame_burst <');
    expect(script).toContain('printf("meet %d %llu %llu %d %s\\n", pid, nsecs, ');
    expect(assemble(request(['inode'])).script).not.toContain('meet');
  });

  it('forgets every map that has the PID alone as its key, and no other', () => {
    const { script, bindings } = assemble(request(ALL));
    for (const { map, keyParts } of bindings) {
      expect(script.includes(`delete(${map}[$old]);`)).toBe(keyParts === 1);
    }
  });

  it('lets no program delete from more maps than the kernel allows it, and the last says who is forgotten', () => {
    const { script, attachPoints } = assemble(request(ALL));
    const ends = endsOf(script);
    for (const clause of ends) expect(mapsOf(clause)).toBeLessThanOrEqual(62);
    expect(ends.map((clause) => clause.includes('printf("forget'))).toEqual(
      ends.map((_, index) => index === ends.length - 1),
    );
    expect(attachPoints).toBe(assemble(request(ALL)).programs.length + 2);
  });

  it('deletes from a map that is printed only in a batch, which is taken while nothing is printed', () => {
    const { script, bindings } = assemble(request(ALL));
    const calm =
      '@frame_printing == 0 && (nsecs - @frame_began < 969000000 || nsecs + 156000000 < @frame_due)';
    for (const clause of script.split('\n}\n'))
      for (const { map } of bindings) {
        if (!clause.includes(`delete(${map}[`)) continue;
        const [, head = ''] = clause.trim().split('\n');
        const isTaken = head === '/@frame_taken[cpu]/' || head.includes(calm);
        const waits = clause
          .split('\n')
          .every((line) => !line.includes(`delete(${map}[`) || line.includes(`if (${calm}) { `));
        expect(isTaken || waits, `${head}: ${map}`).toBe(true);
      }
    const tick = clauseOf(script, 'interval:');
    const printing = [
      'if ((@frame_printing == 0 &&',
      '@frame_printing = (uint64)1;',
      'printf("tick',
      'print(@',
    ];
    const printed = ['printf("tock', 'clear(@frame_printing);'];
    const places = [...printing, ...printed].map((text) => tick.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(tick.lastIndexOf('print(@')).toBeLessThan(tick.indexOf('clear(@frame_printing)'));
  });

  it('begins no batch shortly before the next reading, and forgets nobody before two of them', () => {
    const text = (intervalMs: number) => assemble({ ...request(['iomap']), intervalMs }).script;
    const late = (ms: number) => ` || nsecs + ${ms}000000 < @frame_due`;
    for (const [intervalMs, calm, beat, due, lostMs] of [
      [1_000, `969000000${late(156)}`, 'interval:ms:250\n', 'nsecs + 125000000 > @frame_due', 10_000],
      [250, `240000000${late(35)}`, 'interval:ms:50\n', 'nsecs + 25000000 > @frame_due', 10_000],
      [20_000, `19375000000${late(3_125)}`, 'interval:s:5\n', 'nsecs + 2500000000 > @frame_due', 200_000],
      // One beat an interval: none can be left for deleting.
      [101, '91000000', 'interval:ms:101\n', '$since > 51000000', 10_000],
    ] as const) {
      const script = text(intervalMs);
      expect(script).toContain(`&& @frame_printing == 0 && (nsecs - @frame_began < ${calm})/`);
      expect(script).toContain(beat);
      expect(script).toContain(`if ((@frame_printing == 0 && ${due}) || $since > ${lostMs}000000) {`);
      expect(script).toContain('$after = @frame_readings + 2;');
    }
  });

  it('leaves most of a beat for deleting after a reading that was printed late, and begins none within it', () => {
    const { script } = assemble({ ...request(['iomap']), intervalMs: 1_000 });
    const tick = clauseOf(script, 'interval:');
    expect(tick).toContain('@frame_due = @frame_began + 1000000000;');
    // It begins at the next beat, which may come an eighth of a beat early; deleting stops before that.
    expect(tick).toContain('if (@frame_due < nsecs + 250000000) { @frame_due = nsecs + 312000000; }');
    expect(tick.indexOf('@frame_due = (uint64)0;')).toBeGreaterThan(
      tick.indexOf('if ((@frame_printing == 0'),
    );
  });

  it('takes batches that fit the capacity of the maps, without a loop where the kernel may refuse it', () => {
    const text = (mapKeys: number, facts?: HostFacts) =>
      assemble({ ...request(['iomap'], facts), mapKeys }).script;
    expect(text(10_240)).toContain('while ($nth < 16) {');
    expect(text(256)).toContain('while ($nth < 4) {');
    expect(text(64)).toContain('while ($nth < 1) {');
    const before = text(10_240, { ...LOCKED_6_18, kernel: '4.18.0-553.el8_10.x86_64' });
    expect(before).toContain('unroll(2) {');
    expect(before).not.toContain('while (');
  });

  it('knows what would be wrong if one of its programs did not run', () => {
    const affected = assemble(request(['blocked'])).programs.filter(({ owner }) => owner === 'blocked');
    const times = ['blocked.ns', 'blocked.io_ns', 'blocked.max_ns', 'blocked.now'];
    const all = ['blocked.count', ...times].toSorted();
    // Who is never seen to wait is not counted; who is not seen to wake up waits for too long, and what one program
    // counts at both ends of a wait is in doubt as a whole.
    expect(affected.map(({ metrics }) => metrics.toSorted())).toEqual([all, all]);
  });

  it('takes anything for wrong where who is selected was not followed', () => {
    const tree = assemble({ ...request(['sync']), filter: { kind: 'tree', rootPid: 7 } });
    expect(tree.programs[0]).toEqual({
      owner: null,
      provider: 'tracepoint',
      metrics: tree.metrics.map(({ id }) => id),
    });
  });

  it('remembers a thread that exits, or becomes another program under another id, until its entries may go', () => {
    const { script } = assemble(request(['sync', 'blocked']));
    const exit = 'tracepoint:sched:sched_process_exit\n/@seen[pid] && !(args->group_dead)/';
    const exec = 'tracepoint:sched:sched_process_exec\n/args->old_pid != args->pid && @seen[pid]/';
    expect(clauseOf(script, exit)).toContain('@frame_over_thread[cpu, $place] = (uint64)tid;');
    expect(clauseOf(script, exec)).toContain('@frame_over_thread[cpu, $place] = (uint64)args->old_pid;');
    for (const map of ['@sync_open', '@blocked_open']) {
      expect(script).toContain(`if (${map}[pid, tid]) { ${map}[pid, tid] = (uint64)0; }`);
      // What waits has the number of the dead, and is another.
      expect(script).toContain(`if (${map}[$old, $thread] == 0) { delete(${map}[$old, $thread]); }`);
    }
    expect(assemble(request(['iomap'])).script).not.toContain('sched_process_exec');
  });

  it('deletes no entry of a thread that goes on', () => {
    const { script } = assemble(request(['sync', 'blocked']));
    const deleting = script
      .split('\n}\n')
      .filter((clause) => /delete\(@(?:sync|blocked)_open\[/.test(clause));
    expect(deleting.map((clause) => clause.trim().split('\n', 1)[0])).toEqual([
      // By io_uring's requests, which no thread's exit ends.
      'tracepoint:io_uring:io_uring_complete',
      'tracepoint:sched:sched_process_exit',
      'tracepoint:sched:sched_process_exec',
      'tracepoint:sched:sched_process_exit',
    ]);
  });

  it('shares the deleting out over programs, in their order, where one may not use so many maps', () => {
    const maps = Array.from({ length: 120 }, (_, index) => `@m${index}`);
    const threads = Array.from({ length: 60 }, (_, index) => `@t${index}`);
    const { tail } = frameOf({
      ...{ filter: { kind: 'all' }, intervalMs: 1000, mapKeys: 16384, metricMaps: maps, pidMaps: maps },
      ...{ histogramMaps: ['@h'], threadMaps: [], pidThreadMaps: threads, scratchMaps: [], seeds: [] },
      ...{ reportsFiles: false, startTime: 'none', treeMap: 0, checksMaps: false, execs: false },
      ...{ renames: false, loops: true, hasKey: false, groupDeadField: true },
    });
    const ends = endsOf(tail);
    for (const clause of ends) expect(mapsOf(clause)).toBeLessThanOrEqual(62);
    for (const map of maps) expect(tail.split(`delete(${map}[$old]);`)).toHaveLength(2);
    for (const map of threads) expect(tail.split(`delete(${map}[$old, $thread]);`)).toHaveLength(2);
    expect(ends.map((clause) => clause.includes('printf("forget'))).toEqual(
      ends.map((_, index) => index === ends.length - 1),
    );
    expect(ends.filter((clause) => clause.includes('@frame_taken[cpu] = (uint64)0;'))).toHaveLength(1);
  });

  it('asks bpftrace for a key where it reports every one that is not there', () => {
    const facts = { ...LOCKED_6_18, bpftrace: { path: '/usr/bin/bpftrace', version: '0.23.2' } };
    const { script } = assemble(request(['iomap', 'sync'], facts));
    expect(script).toContain('if (has_key(@iomap_iter, $old)) { delete(@iomap_iter[$old]); }');
    expect(script).toContain(
      'if (has_key(@sync_open, ($old, $thread))) { delete(@sync_open[$old, $thread]); }',
    );
  });

  it('puts nothing in the script that its readers would take for a word of ours', () => {
    const { script } = assemble(request(ALL));
    expect(script).not.toMatch(/#define|TRACED|GFP_|\/\*|\/\/|undefined|null|NaN/);
    expect(script).toContain(
      '($page_alloc_args->gfp_flags & 65536) == 0 || ($page_alloc_args->gfp_flags & 8192) == 0',
    );
  });

  it('counts attach points', () => {
    const { script, attachPoints } = assemble(request(ALL));
    const points = script.match(/^(?:BEGIN|END|(?:tracepoint|software|interval):\S+?),?$/gm) ?? [];
    expect(attachPoints).toBe(points.length);
  });

  it('drops the attach points this host lacks, and metrics with their last one', () => {
    const arm = assemble(request(['inode'], ARM_6_18));
    expect(arm.script).toContain('sys_enter_openat\n');
    expect(arm.script).toContain('sys_enter_renameat\n');
    expect(arm.script).not.toMatch(/sys_enter_(open|creat|unlink|rename|mkdir|rmdir)[,\n]/);
    expect(arm.metrics).toHaveLength(7);

    const tracepoints = Object.fromEntries(
      Object.entries(KERNEL_6_18).filter(([name]) => !name.startsWith('compaction:')),
    );
    const uncompacted = assemble(request(['page-alloc'], hostFacts({ tracepoints })));
    expect(uncompacted.metrics.map(({ id }) => id)).toEqual([
      'page-alloc.failures',
      'page-alloc.attempts_failed',
      'page-alloc.extfrag',
    ]);
    expect(uncompacted.script).not.toContain('compact');
    expect(uncompacted.scratch).not.toContain('@page_alloc_compact_start');
  });

  it('knows whose line it is', () => {
    const { script, ownerOfLine } = assemble(request(ALL));
    const lines = script.split('\n');
    const ownerOf = (text: string) => ownerOfLine(lines.findIndex((line) => line.includes(text)) + 1);
    expect(ownerOf('BEGIN')).toBeNull();
    expect(ownerOf('tracepoint:iomap:iomap_iter')).toBe('iomap');
    expect(ownerOf('tracepoint:kmem:mm_page_alloc')).toBe('page-alloc');
    expect(ownerOf('software:major-faults:1')).toBe('faults');
    expect(ownerOf('interval:')).toBeNull();
    expect(ownerOf('@seen[pid] = 2;')).toBeNull();
    expect([ownerOfLine(0), ownerOfLine(lines.length + 5)]).toEqual([null, null]);
    for (const [index, line] of lines.entries()) {
      if (line.includes('@iomap_start[tid] = nsecs')) expect(ownerOfLine(index + 1)).toBe('iomap');
    }
  });

  it('writes the filter into every guard', () => {
    const predicates = (filter: KernelFilter) => assemble({ ...request(['kswapd']), filter }).script;
    expect(predicates({ kind: 'all' })).toContain('mm_vmscan_wakeup_kswapd\n/1/');
    expect(predicates({ kind: 'pids', pids: [12, 0, 34] })).toContain(
      'mm_vmscan_wakeup_kswapd\n/(pid == 12 || pid == 0 || pid == 34)/',
    );
    const tree = predicates({ kind: 'tree', rootPid: 99 });
    expect(tree).toContain('mm_vmscan_wakeup_kswapd\n/@frame_tree[pid]/');
    expect(clauseOf(tree, 'BEGIN')).toContain('@frame_tree[(uint64)99] = 1;');
    expect(predicates({ kind: 'all' })).not.toContain('frame_tree');
  });

  it('lets nothing but integers in', () => {
    const hostile: readonly unknown[] = [
      '1) || system("id"',
      '12',
      1.5,
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
      null,
      undefined,
      { toString: () => '1' },
      [7],
    ];
    for (const value of hostile) {
      const bad = value as number;
      const attempts: readonly Partial<AssembleRequest>[] = [
        { filter: { kind: 'pids', pids: [1, bad] } },
        { filter: { kind: 'tree', rootPid: bad } },
        { intervalMs: bad },
        { mapKeys: bad },
      ];
      for (const attempt of attempts) {
        expect(() => assemble({ ...request(['iomap']), ...attempt })).toThrow(
          'it is not a whole number in range',
        );
      }
    }
    expect(() => assemble({ ...request(['iomap']), filter: { kind: 'pids', pids: [] } })).toThrow(
      'number of processes',
    );
    expect(() => assemble({ ...request(['iomap']), filter: { kind: 'tree', rootPid: 0 } })).toThrow(
      'a process',
    );
  });

  it('gives an event of several clauses one of its own each time: bpftrace 0.17 confuses lists that share one', () => {
    const once = request(['python']);
    const twice = { ...once, selected: [...once.selected, ...once.selected] };
    const heads = (of: typeof once): string[] =>
      assemble(of).script.match(/^tracepoint:syscalls:[^\s,]+(,\n[^\s,]+)*/gm) ?? [];
    expect(heads(once)).toContain('tracepoint:syscalls:sys_enter_brk,\ntracepoint:syscalls:sys_enter_mremap');
    expect(heads(twice).filter((head) => head === 'tracepoint:syscalls:sys_enter_brk')).toHaveLength(2);
    expect(heads(twice).filter((head) => head.includes(','))).toEqual([]);
    expect(assemble(twice).script.match(/^(tracepoint|interval|BEGIN|END)/gm)).toHaveLength(
      assemble(twice).attachPoints,
    );
  });

  it('asks the kernel who ended in the best way it has', () => {
    const withField = assemble(request(['iomap'])).script;
    expect(withField).toContain('args->group_dead/');
    expect(withField).toContain('group_leader->start_boottime');
    const withBtf = assemble(request(['iomap'], ARM_6_18)).script;
    expect(withBtf).toContain('signal->live.counter == 0/');
    const without = assemble({ ...request(['iomap'], ARM_6_18), startTime: 'none' }).script;
    expect(without).toContain('/@seen[pid] == 1 && pid == tid/');
    expect(without).toContain('nsecs, (uint64)0, comm');
    expect(without).not.toContain('task_struct');
  });
});
