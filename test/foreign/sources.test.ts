/** Whatever a source comes in: files, folders, archives and pipes give what the file itself gives, on one timeline. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingOf } from '../../src/foreign/foreign-recording.ts';
import { mergeSources } from '../../src/foreign/merge.ts';
import { addPoint, createPoints, type Point } from '../../src/foreign/point-table.ts';
import { settle } from '../../src/foreign/settle.ts';
import { readTar } from '../../src/foreign/tar.ts';
import { root } from '../docs/sections.ts';
import { runHere } from '../helpers/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-sources-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fixtures = join(root, 'test/fixtures');
const log = (name: string): string => join(fixtures, 'documented/kernel-log', name);
const report = join(fixtures, 'captured/tar-1.34/report.tar');

const out = join(folder, 'out.ndjson');
const imported = async (...args: string[]): Promise<string> => {
  const { exitCode, stderr } = await runHere('import', ...args, '-o', out, '--force');
  expect(stderr).toMatch(/wrote/);
  expect(exitCode).toBe(0);
  return stderr;
};
const findingsOf = async (path: string) => {
  const { stdout } = await runHere('analyze', path, '--json');
  return JSON.parse(stdout).findings as {
    id: string;
    suspect: unknown;
    victims: { comm: string }[];
    missing: string[];
  }[];
};

const table = (points: readonly Partial<Point>[]) => {
  const made = createPoints('line');
  for (const [index, point] of points.entries())
    expect(
      addPoint(made, {
        realUs: 0,
        metric: 'a',
        value: 1,
        kind: 'delta',
        pid: null,
        comm: null,
        place: index + 1,
        ...point,
      }),
    ).toBeNull();
  expect(settle(made)).toBeNull();
  return made;
};

const samplesOf = (merged: ReturnType<typeof mergeSources>) => {
  const { header, records } = recordingOf(merged, { from: 'x', host: {} }, '0.0.0');
  const all = [...records];
  return {
    header,
    samples: all.flatMap((record) => (record.type === 'sample' ? [record.host] : [])),
    gaps: all.filter(({ type }) => type === 'gap').length,
  };
};

describe('sources on one timeline', () => {
  const every = (seconds: number, count: number, metric: string, fromS = 0): Partial<Point>[] =>
    Array.from({ length: count }, (_, at) => ({
      realUs: (fromS + (at + 1) * seconds) * 1e6,
      metric,
      value: seconds,
    }));

  it('spread what was counted over a long interval evenly over the samples in it', () => {
    const merged = mergeSources([
      { name: 'slow', family: 'readings', table: table(every(10, 3, 'slow')) },
      { name: 'quick', family: 'readings', table: table(every(1, 30, 'quick')) },
    ]);
    const { header, samples } = samplesOf(merged);
    expect(header.intervalMs).toBe(1000);
    const slow = samples.map((host) => host.slow ?? 0);
    expect(slow.slice(1).map((sum, index) => Math.round((sum - (slow[index] ?? 0)) * 1e6))).toEqual(
      Array.from({ length: 30 }, () => 1e6),
    );
  });

  it('have together no more metrics than a recording holds, and what is written can be read', async () => {
    const paths = ['a', 'b'].map((name) => {
      const path = join(folder, `${name}.csv`);
      const rows = Array.from({ length: 5_000 }, (_, at) => `1700000000,${name}.m${at},${at}`);
      writeFileSync(path, `time,metric,value\n${rows.join('\n')}\n`);
      return path;
    });
    expect(await imported(...paths)).toMatch(/left out 5904: a recording holds 4096 metrics/);
    const { stdout } = await runHere('summary', out, '--json');
    const { recording, losses } = JSON.parse(stdout);
    expect(recording.complete).toBe(true);
    expect(losses.byKind).toEqual({ 'not-imported': 5_904 });
  });

  it('take what two have for one time from the first, and count what is left out', () => {
    const merged = mergeSources([
      { name: 'a', family: 'readings', table: table(every(1, 5, 'x')) },
      { name: 'b', family: 'readings', table: table(every(1, 8, 'x')) },
    ]);
    expect(samplesOf(merged).samples.at(-1)?.x).toBe(8);
    expect([...merged.leftOut]).toEqual([['values that another source has for the same time', 5]]);
  });

  it('keep two that share an instant apart in how long each looked back', () => {
    const merged = mergeSources([
      {
        name: 'slow',
        family: 'readings',
        table: table([
          { realUs: 600e6, metric: 'slow', value: 600 },
          { realUs: 1200e6, metric: 'slow', value: 600 },
        ]),
      },
      { name: 'quick', family: 'readings', table: table(every(1, 3, 'quick', 1197)) },
    ]);
    const { samples } = samplesOf(merged);
    expect(samples.at(-1)?.slow).toBeCloseTo(1200, 6);
    expect(samples.at(-1)?.quick).toBe(3);
  });

  it('put what a log reports at its moment, in the interval of the readings around it', () => {
    const merged = mergeSources([
      { name: 'sar', family: 'readings', table: table(every(600, 3, 'slow')) },
      {
        name: 'log',
        family: 'log',
        table: table([
          { realUs: 601e6, metric: 'e', kind: 'event' },
          { realUs: 602e6, metric: 'e', kind: 'event' },
        ]),
      },
    ]);
    expect(samplesOf(merged).samples.map(({ e }) => e ?? 0)).toEqual([0, 0, 2, 0]);
  });
});

describe('an archive', () => {
  it('is gone through file by file, links passed over, long names whole', async () => {
    const names: string[] = [];
    const bytes = readFileSync(report);
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += 333) yield bytes.subarray(at, at + 333);
    }
    expect(await readTar(chunks(), async ({ name }) => void names.push(name))).toBeNull();
    expect(names).toEqual([
      `report/${'d'.repeat(120)}/long`,
      'report/sos_commands/sar/sar30',
      'report/var/log/messages',
      'report/version.txt',
    ]);
  });

  it('that breaks off gives what came before', async () => {
    const cut = join(folder, 'cut.tar');
    const bytes = readFileSync(report);
    writeFileSync(cut, bytes.subarray(0, bytes.indexOf('report/version.txt') + 100));
    expect(await imported(cut)).toMatch(/cut\.tar: it ends before its end mark/);
  });
});

describe('import', () => {
  let plain = '';
  beforeAll(async () => {
    await imported(report);
    plain = readFileSync(out, 'latin1');
  });

  it.each<[string, () => string[]]>([
    [
      'an archive packed with gzip',
      () => {
        writeFileSync(join(folder, 'r.tgz'), gzipSync(readFileSync(report)));
        return [join(folder, 'r.tgz')];
      },
    ],
    [
      'a file of another name',
      () => {
        copyFileSync(report, join(folder, 'no-name'));
        return [join(folder, 'no-name')];
      },
    ],
  ])('takes %s', async (_, args) => {
    await imported(...args());
    // The path is in the notes.
    expect(readFileSync(out, 'latin1').split('\n').length).toBe(plain.split('\n').length);
  });

  it('takes a folder, follows no link in it, and lists what it did not use', async () => {
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'var/log'), { recursive: true });
    copyFileSync(log('xfs-2017.log'), join(tree, 'var/log/messages'));
    writeFileSync(
      join(tree, 'empty.xml'),
      '<?xml version="1.0"?><sysstat><host nodename="x"></host></sysstat>',
    );
    writeFileSync(join(tree, 'readme'), 'nothing');
    symlinkSync(log('oom-dmesg.log'), join(tree, 'linked'));
    symlinkSync(tree, join(tree, 'loop'));
    const said = await imported(tree);
    expect(said).toMatch(/empty\.xml: its end: it has no statistics with a time/);
    expect(said).toMatch(/1 file of no format that is known/);
    expect(said).not.toMatch(/linked|loop/);
    expect(readdirSync(tree).sort()).toEqual(['empty.xml', 'linked', 'loop', 'readme', 'var']);
  });

  it('makes a recording of each host', async () => {
    const said = await imported(log('xfs-2017.log'), log('rhel6-messages.log'));
    expect(said).toMatch(/wrote .*out-hv7\.ndjson/);
    expect(said).toMatch(/wrote .*out-db3\.ndjson/);
  });

  it('refuses a file given by name that is of no format, and packed things that are damaged', async () => {
    const text = join(folder, 'text');
    writeFileSync(text, 'nothing\n');
    const damaged = join(folder, 'damaged.gz');
    writeFileSync(damaged, gzipSync(readFileSync(report)).subarray(0, 200));
    for (const [path, why] of [
      [text, /it is none of/],
      [damaged, /damaged gzip/],
    ] as const) {
      const { exitCode, stderr } = await runHere('import', path, '-o', out, '--force');
      expect(exitCode).toBe(5);
      expect(stderr).toMatch(why);
    }
  });

  it.each<[string, string, string[]]>([
    ['rhel6-messages.log', 'high-order-exhaustion', ['sshd']],
    ['xfs-2017.log', 'xfs-alloc-deadlock', ['qemu-system-x86']],
    ['xfs-2017.log', 'hung-tasks', ['qemu-system-x86']],
    ['oom-dmesg.log', 'oom-kill', ['node']],
  ])('names from %s: %s, accuses nobody, and lists what a log cannot say', async (name, id, victims) => {
    await imported(log(name));
    const found = (await findingsOf(out)).find((finding) => finding.id === id);
    expect(found).toMatchObject({ suspect: null, victims: victims.map((comm) => ({ comm })) });
    if (id !== 'hung-tasks') expect(found?.missing.length).toBeGreaterThan(0);
    const { stdout } = await runHere('summary', out);
    expect(stdout).toMatch(/Imported from kernel-log/);
    expect(stdout).not.toMatch(/exact/);
  });
});
