/** Who the counted processes are: threads, programs that become others, PIDs used again, namespaces, and ourselves. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { LAUNCHER, READY, runTool, startTool, summaryOf } from '../helpers/tool.ts';
import { facts, trace } from './trace.ts';

const mayUnshare = execaSync('unshare', ['--pid', '--fork', '--mount-proc', 'true'], { reject: false });

describeWith([...TRACING, 'perl'], 'who counts', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'stallscope-identity-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const newFile = (): string => join(mkdtempSync(join(dir, 'out-')), 'session.ndjson');
  // A file that is there already is opened, not made.
  const making = (files: number): string =>
    `for(1..${files}){open(F,">","${dir}/f$_");close F;unlink "${dir}/f$_"}`;
  const recordArgs = (file: string): string[] => ['record', '--force', '--probe', 'inode', '-o', file];

  it('the number of a thread stands for its process, and it is said', async () => {
    const file = newFile();
    const python = spawn('python3', [
      '-c',
      `import os,threading,time\ndef f():\n    print(threading.get_native_id(),flush=True)\n    while True:\n        open('${dir}/t','w').close(); os.remove('${dir}/t'); time.sleep(0.05)\nthreading.Thread(target=f).start()`,
    ]);
    const [chunk] = await new Promise<[Buffer]>((resolve) =>
      python.stdout.once('data', (data) => resolve([data])),
    );
    try {
      const end = await runTool([...recordArgs(file), '-p', chunk.toString().trim(), '-d', '2s']);
      expect(end.stderr).toContain(`${chunk.toString().trim()} is a thread of PID ${python.pid} (python3`);
      const { pids } = await summaryOf(file);
      expect(pids.map(({ pid }) => pid)).toEqual([python.pid]);
      expect(pids[0]?.metrics['inode.create']).toBeGreaterThan(0);
    } finally {
      python.kill('SIGKILL');
    }
  });

  it('a process asked for is there, whether or not it does what is counted', async () => {
    const file = newFile();
    const idle = spawn('sleep', ['60']);
    await runTool([...recordArgs(file), '-p', String(idle.pid), '-d', '2s']);
    idle.kill('SIGKILL');
    const { pids } = await summaryOf(file);
    expect(pids).toMatchObject([{ pid: idle.pid, comm: 'sleep' }]);
  });

  it('what a shell did before it became another program stays the shell’s', async () => {
    const file = newFile();
    const script = `for i in $(seq 50); do : > ${dir}/x$i; done; exec perl -e '${making(30)} sleep 1'`;
    await runTool([...recordArgs(file), '--', 'bash', '-c', script]);
    const { pids } = await summaryOf(file);
    const perl = pids.find(({ comm }) => comm === 'perl');
    expect(perl).toMatchObject({ formerly: ['bash'], metrics: { 'inode.create': 80 } });
    expect((await runTool(['summary', file])).stdout).toContain('bash → perl');
  });

  it('counts of a PID that two processes had within one interval are not reported as exact', async () => {
    const file = newFile();
    for (const name of ['beta', 'gamma']) copyFileSync('/usr/bin/perl', join(dir, name));
    execaSync('chmod', ['+x', join(dir, 'beta'), join(dir, 'gamma')]);
    const number = 20_000 + Math.floor(Math.random() * 2_000);
    // Somebody else may begin a process in between, which has the number then: it is tried again.
    const once = (name: string, files: number): string =>
      `echo ${number - 1} > /proc/sys/kernel/ns_last_pid; ${dir}/${name} -e '${making(files)}' & wait $!; [ $! = ${number} ]`;
    const one = (name: string, files: number): string =>
      `for try in 1 2 3 4 5; do ${once(name, files)} && break; done`;
    await runTool([
      ...[...recordArgs(file), '-i', '5s', '--', 'bash', '-c'],
      `${one('beta', 70)}; ${one('gamma', 90)}; sleep 0.5`,
    ]);
    const { pids, losses } = await summaryOf(file);
    const shared = pids.filter(({ pid }) => pid === number);
    expect(shared).toMatchObject([
      {
        comm: 'gamma',
        metrics: { 'inode.create': 160 },
        shared: expect.stringContaining('beta and then gamma'),
      },
    ]);
    expect(losses.byKind['shared-pid']).toBeGreaterThan(0);
    expect((await runTool(['summary', file])).stdout).toContain('≈160');
  });

  it('in a PID namespace nobody is taken for the process that has its number there', async (context) => {
    if (mayUnshare.exitCode !== 0) return context.skip('[needs unshare]');
    const file = newFile();
    const host = spawn('perl', ['-e', `while(1){${making(5)} select(undef,undef,undef,0.05)}`]);
    const inside = `echo ${(host.pid ?? 0) - 1} > /proc/sys/kernel/ns_last_pid; sleep 60 & ${process.execPath} ${LAUNCHER} ${recordArgs(file).join(' ')} -d 2s; kill $!`;
    const { stderr } = await execa('unshare', ['--pid', '--fork', '--mount-proc', 'bash', '-c', inside]);
    host.kill('SIGKILL');
    expect(stderr).toContain('counts by PIDs outside of this container');
    const summary = await summaryOf(file);
    expect(summary.pids.find(({ pid }) => pid === host.pid)).toMatchObject({ comm: 'perl' });
    expect(Object.keys(summary.pids.find(({ pid }) => pid === host.pid)?.metrics ?? {})).not.toContain(
      'proc.rss_bytes',
    );
    expect(summary.losses.byKind).toMatchObject({ 'foreign-pids': 1 });
    const header = JSON.parse(readFileSync(file, 'utf8').split('\n', 1)[0] ?? '{}');
    expect(header.unnamed).toContain('outside of this container');
  });

  it('a clock that a time namespace has put forward does not make a session long', async (context) => {
    if (
      execaSync('unshare', ['--time', '--fork', '--boottime', '500', 'true'], { reject: false }).exitCode !==
      0
    )
      return context.skip('[needs time namespaces]');
    const file = newFile();
    await execa('unshare', [
      ...['--time', '--fork', '--boottime', '500', process.execPath, LAUNCHER],
      ...[...recordArgs(file), '-d', '2s', '--', 'perl', '-e', `${making(23)} sleep 1`],
    ]);
    const records = readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const times = records.flatMap(({ type, bootUs }) => (type === 'sample' ? [bootUs as number] : []));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(30e6);
    const { pids } = await summaryOf(file);
    expect(pids).toMatchObject([{ comm: 'perl', metrics: { 'inode.create': 23 } }]);
  });

  it('names that a probe compares are whole, whatever the caller has set for bpftrace', async () => {
    const file = newFile();
    const env = { BPFTRACE_STRLEN: '6', BPFTRACE_MAX_STRLEN: '6', LC_ALL: 'de_DE.UTF-8' };
    const code = 'x=[bytearray(200) for _ in range(200000)]';
    await runTool(['record', '--force', '--probe', 'python', '-o', file, '--', 'python3', '-c', code], {
      env,
    });
    const { pids } = await summaryOf(file);
    expect(Object.keys(pids[0]?.metrics ?? {}).some((metric) => metric.startsWith('python.'))).toBe(true);
  });

  it('our own work is reported as ours', async () => {
    const file = newFile();
    const tool = startTool(['record', '--force', '--probe', 'faults', '-o', file, '-d', '3s']);
    await tool.says(READY);
    await tool.ended;
    const own = (await summaryOf(file)).pids.filter((row) => row.own === true);
    expect(own.map(({ pid }) => pid)).toContain(tool.pid);
  });
});

describeWith([...TRACING, 'perl'], 'a map that is full', () => {
  it('of calls that have begun is noticed, exactly', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'stallscope-full-'));
    const inode = loadCatalogue().find(({ manifest }) => manifest.id === 'inode');
    if (inode === undefined) throw new Error('no inode probe');
    const selected = [selectVariant(inode.manifest, inode.folder, facts)];
    // Each waits in its open for a reader, and the map has room for 16 of the 24.
    const isWaiting = 'open(W,"<","/proc/$p/stat") && <W> =~ /\\) S /';
    const opening = `use Fcntl; use POSIX; $|=1; mkfifo("${dir}/fifo", 0600); for(1..24){ my $p = fork; if(!$p){ sysopen(F,"${dir}/fifo",O_WRONLY|O_CREAT); exit } push @p, $p } print "@p"; for my $p (@p) { until (${isWaiting}) { select(undef,undef,undef,0.01) } } open(R,"<","${dir}/fifo"); 1 while wait > 0`;
    let pids: readonly string[] = [];
    const { raw, counts } = await trace(selected, { filter: { kind: 'all' }, mapKeys: 16 }, async () => {
      pids = (await execa('perl', ['-e', opening])).stdout.split(' ');
    });
    expect(pids).toHaveLength(24);
    rmSync(dir, { recursive: true });
    // Keys come in the order of their values: others may have missed some map, too.
    const full = [...raw.matchAll(/"@frame_full": \{[^}]*"0": (\d+)/g)].map(([, count]) => Number(count));
    // Whoever else makes a file meanwhile is none of them.
    const counted = pids.reduce((sum, pid) => sum + (counts['inode.create']?.[pid] ?? 0), 0);
    expect(Math.max(...full)).toBeGreaterThanOrEqual(8);
    expect(counted).toBeLessThanOrEqual(16);
  });

  it('of selected processes is reported: not all of the command is counted', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'stallscope-tree-'));
    const file = join(dir, 'session.ndjson');
    // All of them live until the last of them has begun.
    const forks = `pipe(R,W); for(1..100){ if(!fork){ close W; <R>; open(F,">","${dir}/f$_"); exit } } close W; 1 while wait > 0`;
    await runTool([
      'record',
      '--force',
      '--probe',
      'inode',
      '--map-keys',
      '64',
      '-o',
      file,
      '--',
      'perl',
      '-e',
      forks,
    ]);
    const { coverage, losses } = await summaryOf(file);
    rmSync(dir, { recursive: true });
    expect(coverage['inode.create']?.coverage).toBe('lower-bound');
    expect(Object.keys(losses.byKind)).not.toEqual([]);
  });
});
