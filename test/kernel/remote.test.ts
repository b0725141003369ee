/**
 * Another host: a real sshd, real ssh, real bpftrace. Counts are those that are counted here, and whichever way a session
 * dies, nothing is left there.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readerScript } from '../../src/remote/scripts.ts';
import { startOf } from '../../src/remote/ssh.ts';
import { familyOf, gone, remainsOf, tracersIn } from '../helpers/remains.ts';
import { describeWith, HAS_TIME, TRACING } from '../helpers/requires.ts';
import { type Sshd, startSshd } from '../helpers/sshd.ts';
import { expectNoLosses, READY, type RunningTool, runTool, startTool, summaryOf } from '../helpers/tool.ts';
import { waitUntil } from '../helpers/until.ts';
import { WORKLOADS } from '../helpers/workloads.ts';
import { mountFragmentedXfs } from '../helpers/xfs.ts';

const { seekHoles } = WORKLOADS;
const NEEDS = [...TRACING, 'ssh', 'sshd'] as const;
const ROUNDS = HAS_TIME ? 20 : 1;
/** What is promised, beside what the kernel takes to detach, which is some 60 to 90 ms for each event. */
const GONE_MS = 6_000;
/** So few that they hardly count. */
const FEW_EVENTS = 'oom';

/** What belongs to a client and to nobody else: where it keeps its socket. */
const ownPlace = (): string => mkdtempSync(join(dir, 'tmp-'));

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'stallscope-remote-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const samplesIn = (file: string): number => readFileSync(file, 'utf8').split('\n{"type":"sample"').length - 1;

/** Records until it is stopped; there is something to read by now. */
const recording = async (sshd: Sshd, name: string, ...options: string[]) => {
  const place = ownPlace();
  const file = join(dir, `${name}.ndjson`);
  const tool = startTool(
    ['record', '--host', 'target', '--force', '--probe', FEW_EVENTS, '-i', '200ms', '-o', file, ...options],
    { env: { ...sshd.env, TMPDIR: place } },
  );
  await tool.says(READY, 60_000);
  await waitUntil(() => samplesIn(file) >= 2, 60_000, tool.stderr);
  return { file, tool, place };
};

describeWith([...NEEDS, 'mkfs.xfs', 'loop device', 'perl'], 'counts over ssh', () => {
  const EXTENTS = 1009;
  let sshd: Sshd;
  let xfs: Awaited<ReturnType<typeof mountFragmentedXfs>>;
  beforeAll(async () => {
    sshd = await startSshd();
    xfs = await mountFragmentedXfs(EXTENTS);
  });
  afterAll(async () => {
    sshd?.close();
    await xfs?.close();
  });

  it('are exactly those of the workload, and have its names and the cost of watching', async () => {
    const file = join(dir, 'counts.ndjson');
    const tool = startTool(
      ['record', '--host', 'target', '--force', '--budget', 'off', '--probe', 'iomap,inode', '-o', file],
      { env: sshd.env },
    );
    await tool.says(READY, 60_000);
    const work = execa('perl', [seekHoles, xfs.file, '40']);
    await work;
    const files = join(dir, 'many');
    await execa('sh', [
      '-c',
      `mkdir ${files}; i=0; while [ $i -lt 23 ]; do : >${files}/$i; i=$((i + 1)); done; rm -r ${files}`,
    ]);
    // The second of them is over a whole interval.
    const hostSamples = (): number => readFileSync(file, 'utf8').split('"cpu.busy_ms"').length - 1;
    const before = hostSamples();
    await waitUntil(() => hostSamples() >= before + 2, 30_000, tool.stderr);
    const family = familyOf(sshd);
    tool.kill('SIGINT');
    const { code } = await tool.ended;
    expect(code, tool.stderr()).toBe(130);
    const summary = await summaryOf(file);
    const ours = summary.pids.find(({ pid }) => pid === work.pid);
    expect(ours?.metrics).toMatchObject({ 'iomap.seek_hole': 40, 'iomap.iter': 40 * (EXTENTS + 1) });
    const created = summary.pids.filter(
      ({ comm, metrics }) => comm === 'sh' && metrics['inode.create'] === 23,
    );
    expect(created).toHaveLength(1);
    expectNoLosses(summary);
    expect(summary.recording.complete).toBe(true);
    const lines = readFileSync(file, 'utf8').split('\n');
    const header = JSON.parse(lines[0] ?? '');
    expect(header).toMatchObject({ remote: { hostname: 'target' }, costBasis: 'estimated' });
    // It is the same clock.
    expect(Math.abs(header.remote.aheadMs)).toBeLessThanOrEqual(header.remote.unsureMs + 5);
    const samples = lines
      .filter((line) => line.startsWith('{"type":"sample"'))
      .map((line) => JSON.parse(line));
    expect(samples.filter(({ host }) => 'cpu.busy_ms' in host).length).toBeGreaterThanOrEqual(2);
    expect(samples.at(-1)?.self).toMatchObject({ cpuMs: expect.any(Number) });
    expect(samples.at(-1)?.self.tracerCpuMs).toBeGreaterThan(0);
    // Nothing of ours is taken for anybody's work; who else sleeps on this machine does so for longer.
    const isGuards = ({ comm, cmdline }: { comm: string; cmdline?: string | null }): boolean =>
      comm === 'sleep' && /^sleep (?:1|0\.2)$/.test(cmdline ?? 'sleep 1');
    expect(summary.pids.filter((one) => isGuards(one) && one.own !== true)).toEqual([]);
    expect(family.size).toBeGreaterThan(3);
    await gone(family, GONE_MS);
  });
});

/** Its arenas are of 256 KiB. */
const OLDER = join(homedir(), '.pyenv/versions/3.9.18/bin/python3');
/** Works after a line on its stdin, and prints how many arenas it had made before and after it. */
const ARENAS = `import os, re, sys
def made():
    r, w = os.pipe()
    kept = os.dup(2)
    os.dup2(w, 2)
    sys._debugmallocstats()
    os.dup2(kept, 2)
    os.close(w)
    text = b"".join(iter(lambda: os.read(r, 65536), b""))
    os.close(r)
    return int(re.search(rb"arenas allocated total *= *([0-9,]+)", text)[1].replace(b",", b""))
print("ready", flush=True)
sys.stdin.readline()
before = made()
kept = [object() for _ in range(500_000)]
print(before, made(), flush=True)
sys.stdin.readline()`;

describeWith(NEEDS, 'an interpreter that runs there', () => {
  const lacks = existsSync(OLDER) ? '' : ' [needs pyenv]';
  it.skipIf(lacks !== '')(`has the arenas that it says it made, as small as they are${lacks}`, async () => {
    const sshd = await startSshd();
    const work = spawn(OLDER, ['-c', ARENAS], { stdio: 'pipe' });
    try {
      const lines = createInterface(work.stdout)[Symbol.asyncIterator]();
      await lines.next();
      const file = join(dir, 'python.ndjson');
      const tool = startTool(
        ['record', '--host', 'target', '--force', '--budget', 'off', '--probe', 'python', '-o', file],
        { env: sshd.env },
      );
      await tool.says(READY, 60_000);
      work.stdin.write('\n');
      const said = await lines.next();
      const [before = 0, after = 0] = String(said.value).split(' ').map(Number);
      const worked = samplesIn(file);
      await waitUntil(() => samplesIn(file) >= worked + 2, 30_000, tool.stderr);
      tool.kill('SIGINT');
      await tool.ended;
      const row = (await summaryOf(file)).pids.find(({ pid }) => pid === work.pid);
      expect(after - before).toBeGreaterThan(5);
      expect(row?.metrics['python.arenas']).toBe(after - before);
      expect(row?.metrics['python.arena_bytes']).toBe((after - before) * 262_144);
    } finally {
      work.kill('SIGKILL');
      sshd.close();
    }
  });
});

type Death = {
  readonly name: string;
  /** How it dies; what must happen afterwards for the tool to end. */
  readonly strike: (sshd: Sshd, tool: RunningTool) => Promise<(() => Promise<void>) | null>;
};

const DEATHS: readonly Death[] = [
  {
    name: 'kill -9 of the client',
    strike: async (_, tool) => {
      tool.kill('SIGKILL');
      return null;
    },
  },
  {
    name: 'SIGSTOP of the client',
    strike: async (_, tool) => {
      tool.kill('SIGSTOP');
      return async () => {
        tool.kill('SIGKILL');
        tool.kill('SIGCONT');
      };
    },
  },
  {
    name: 'sshd killed, with its connections',
    strike: async (sshd, tool) => {
      const connections = spawnSync('ps', ['-e', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
        .stdout.split('\n')
        .map((line) => /^\s*(\d+)\s+\d+\s+sshd: /.exec(line)?.[1])
        .map(Number);
      const those = sshd.processes().filter((pid) => pid === sshd.pid || connections.includes(pid));
      for (const pid of those) process.kill(pid, 'SIGKILL');
      return async () => {
        await delay(1_000);
        tool.kill('SIGINT');
      };
    },
  },
];

describeWith(NEEDS, 'a session that dies', () => {
  describe.each(DEATHS)('by $name', ({ strike }) => {
    it(
      `leaves nothing there within 6 s, and a readable recording, ${ROUNDS} times`,
      async () => {
        const tookMs: number[] = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          const sshd = await startSshd();
          try {
            const { file, tool, place } = await recording(sshd, `death-${round}`);
            await delay(500 + Math.random() * 1_500);
            const family = familyOf(sshd);
            expect(tracersIn(family).size).toBe(1);
            const after = await strike(sshd, tool);
            tookMs.push(await gone(family, GONE_MS));
            await after?.();
            await tool.ended;
            await waitUntil(
              () => familyOf(sshd).size === 0,
              GONE_MS,
              () => remainsOf(familyOf(sshd)).join('\n'),
            );
            const { recording: read, losses } = await summaryOf(file);
            expect(read.samples).toBeGreaterThan(1);
            expect(losses.rejectedLines).toBe(0);
            // ssh itself ends a moment after whom it was for.
            await waitUntil(
              () => readdirSync(place).length === 0,
              GONE_MS,
              () => readdirSync(place).join(' '),
            );
          } finally {
            sshd.close();
          }
        }
        console.log(`bpftrace gone after ${tookMs.map((ms) => Math.round(ms)).join(', ')} ms`);
      },
      ROUNDS * 60_000,
    );
  });
});

describeWith([...NEEDS, 'ip'], 'a cable that is cut', () => {
  const NAME = `stallscope-${process.pid}`;
  const cable = ['10.231.77.1', '10.231.77.2'] as const;
  const ip = (...args: string[]): void => {
    const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  };
  const link = `stsc${process.pid % 10_000}`;
  let sshd: Sshd;
  beforeAll(async () => {
    ip('netns', 'add', NAME);
    ip('link', 'add', `${link}a`, 'type', 'veth', 'peer', 'name', `${link}b`, 'netns', NAME);
    ip('addr', 'add', `${cable[0]}/30`, 'dev', `${link}a`);
    ip('link', 'set', `${link}a`, 'up');
    ip('-n', NAME, 'addr', 'add', `${cable[1]}/30`, 'dev', `${link}b`);
    ip('-n', NAME, 'link', 'set', `${link}b`, 'up');
    sshd = await startSshd({ within: ['nsenter', `--net=/run/netns/${NAME}`, '--'], address: cable[1] });
  });
  afterAll(() => {
    sshd?.close();
    spawnSync('ip', ['link', 'del', `${link}a`]);
    spawnSync('ip', ['netns', 'del', NAME]);
  });

  it(
    `ends the tracer there within 6 s; one that comes back is a gap, and a new epoch, ${ROUNDS} times`,
    async () => {
      const tookMs: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const { file, tool } = await recording(sshd, `cable-${round}`);
        await delay(500 + Math.random() * 1_500);
        const family = familyOf(sshd);
        ip('link', 'set', `${link}a`, 'down');
        tookMs.push(await gone(tracersIn(family), GONE_MS));
        await delay(2_000);
        ip('link', 'set', `${link}a`, 'up');
        const counts = (): boolean => readFileSync(file, 'utf8').includes('"epoch":1');
        await waitUntil(counts, 60_000, tool.stderr);
        const second = familyOf(sshd);
        tool.kill('SIGINT');
        await tool.ended;
        await gone(second, GONE_MS);
        const { recording: read, losses } = await summaryOf(file);
        expect(read.complete, tool.stderr()).toBe(true);
        expect(losses.gaps.length).toBeGreaterThanOrEqual(1);
        const epochs = readFileSync(file, 'utf8').match(/"epoch":\d+/g) ?? [];
        expect(new Set(epochs).size).toBeGreaterThanOrEqual(2);
      }
      console.log(`bpftrace gone after ${tookMs.map((ms) => Math.round(ms)).join(', ')} ms`);
    },
    ROUNDS * 120_000,
  );
});

describeWith(['linux', 'ssh', 'sshd', 'root'], 'a client that reads nothing more', () => {
  it('is hung up on: no connection waits for it there', async () => {
    const sshd = await startSshd();
    const script = readerScript('mark');
    const ssh = spawn('ssh', ['target', startOf(Buffer.byteLength(script))], {
      env: { ...process.env, ...sshd.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    try {
      // More than the pipe holds, less than what is under way: the reader is done with it.
      const large = join(dir, 'large');
      writeFileSync(large, Buffer.alloc(1024 * 1024, 'x'));
      ssh.stdin.write(`${script}c\t${large}\n`);
      await once(ssh.stderr, 'data');
      const family = familyOf(sshd);
      expect(family.size).toBeGreaterThan(2);
      await gone(family, 2 * GONE_MS);
    } finally {
      ssh.kill('SIGKILL');
      sshd.close();
    }
  });
});

describeWith(['linux', 'ssh', 'sshd', 'root'], 'what stands against it', () => {
  it('is said in one error, with what to do', async () => {
    const sshd = await startSshd();
    try {
      const none = await runTool(['doctor', '--host', 'nosuchuser@target'], { env: sshd.env });
      expect(none.code).toBe(6);
      expect(none.stderr).toMatch(
        /ssh to nosuchuser@target failed: .*(Permission denied|not allowed|closed)/,
      );
      const command = await runTool(['record', '--host', 'target', '-o', 'x', '--', 'true'], {
        env: sshd.env,
      });
      expect(command).toMatchObject({ code: 2 });
      expect(command.stderr).toContain('A command after -- is started on this host');
    } finally {
      sshd.close();
    }
    const refused = await runTool(['record', '--host', 'target', '-o', join(dir, 'x')], { env: sshd.env });
    expect(refused.code).toBe(6);
    expect(refused.stderr).toMatch(/ssh to target failed: .+/);
    expect(existsSync(join(dir, 'x'))).toBe(false);
  });
});
