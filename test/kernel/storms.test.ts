/** Storms that cost more to count than the budget allows, on this kernel: they are named all the same, and stay named. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { createSession, foldInto, snapshotOf } from '../../src/session/session.ts';
import { compile } from '../helpers/compile.ts';
import { describeWith, forLong, HAS_TIME, TRACING } from '../helpers/requires.ts';
import { READY, startTool } from '../helpers/tool.ts';
import { WORKLOADS } from '../helpers/workloads.ts';

const NAMED_WITHIN_S = 15;
const BEFORE_MS = 2_000;
/** Two windows that measure are 10 s apart at least (budget/windows.ts), and one that is surprised lasts a second. */
const KNOWN_WITHIN_S = 13;

const out = mkdtempSync(join(tmpdir(), 'stallscope-storms-'));
/** An ext4 of its own, and a tmpfs. */
const on = { ext4: join(out, 'ext4'), tmpfs: join(out, 'tmpfs') };
const systemPath = { env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } };

const bootUs = (): number => Number(process.hrtime.bigint() / 1000n);

type Storm = {
  readonly startUs: number;
  readonly endUs: number;
  readonly stdout: string;
  readonly records: readonly StreamRecord[];
  /** After every sample. */
  readonly snapshots: readonly WatchedSnapshot[];
};

/** A session as it comes, around a program that makes a storm. */
const stormOf = async (name: string, program: string, args: readonly string[]): Promise<Storm> => {
  const file = join(out, `${name}.ndjson`);
  const tool = startTool(['record', '--force', '-o', file]);
  await tool.says(READY, 90_000);
  await new Promise((fulfil) => setTimeout(fulfil, BEFORE_MS));
  const startUs = bootUs();
  const { stdout } = await execa(program, [...args]);
  const endUs = bootUs();
  tool.kill('SIGINT');
  const end = await tool.ended;
  expect(end, end.stderr).toMatchObject({ code: 130 });
  const [header, ...records] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StreamRecord | HeaderRecord);
  const session = createSession(header as HeaderRecord);
  const snapshots = (records as readonly StreamRecord[]).flatMap((record) => {
    foldInto(session, record);
    return record.type === 'sample' ? [snapshotOf(session)] : [];
  });
  return { startUs, endUs, stdout, records: records as readonly StreamRecord[], snapshots };
};

const isNamed = (id: string, { insight }: WatchedSnapshot): boolean =>
  insight.findings.some((finding) => finding.id === id);

/** Seconds from the beginning of the storm to the sample that names it. */
const namedAfter = ({ startUs, snapshots }: Storm, id: string): number => {
  const first = snapshots.find((snapshot) => isNamed(id, snapshot));
  return first === undefined ? Number.POSITIVE_INFINITY : (first.bootUs - startUs) / 1e6;
};

const longestGapS = ({ records }: Storm): number =>
  Math.max(0, ...records.map((record) => (record.type === 'gap' ? record.bootUs - record.fromBootUs : 0))) /
  1e6;

/** Of two snapshots the growth a second of all processes together. */
const rateBetween = (from: WatchedSnapshot, to: WatchedSnapshot, metric: string): number =>
  (((to.totals[metric]?.total ?? 0) - (from.totals[metric]?.total ?? 0)) * 1e6) / (to.bootUs - from.bootUs);

/** The longest time in the storm that one tracer counted as one variant. */
const longestCounted = ({
  startUs,
  endUs,
  records,
  snapshots,
}: Storm): { from: WatchedSnapshot; to: WatchedSnapshot } => {
  const cuts = [
    startUs + 1e6,
    ...records.flatMap((record) => (record.type === 'gap' ? [record.fromBootUs, record.bootUs] : [])),
    endUs,
  ];
  const spans = cuts.slice(1).map((end, index) => {
    const inside = snapshots.filter(
      (snapshot) =>
        snapshot.bootUs > (cuts[index] ?? 0) &&
        snapshot.bootUs < end &&
        snapshot.coverageNow['inode.create'] !== 'not-covered',
    );
    return { from: inside[0]!, to: inside.at(-1)! };
  });
  const lengthOf = ({ from, to }: (typeof spans)[number]) =>
    from === undefined ? 0 : to.bootUs - from.bootUs;
  return spans.reduce((best, one) => (lengthOf(one) > lengthOf(best) ? one : best));
};

describeWith(
  [...TRACING, 'cc', 'loop device', 'mkfs.ext4', 'perl'],
  'a storm that costs more than the budget',
  () => {
    let churn: string;
    beforeAll(async () => {
      const source = readFileSync(resolve('test/fixtures/programs/churn.c'), 'utf8');
      churn = compile(out, 'churn', source);
      mkdirSync(on.tmpfs);
      await execa('mount', ['-t', 'tmpfs', 'none', on.tmpfs]);
      mkdirSync(on.ext4);
      const image = join(out, 'image');
      writeFileSync(image, '');
      truncateSync(image, 256 * 1024 ** 2);
      await execa('mkfs.ext4', ['-q', '-F', image], systemPath);
      await execa('mount', ['-o', 'loop', image, on.ext4]);
    });
    afterAll(async () => {
      for (const place of Object.values(on)) await execa('umount', ['--lazy', place], { reject: false });
      rmSync(out, { recursive: true, force: true });
    });

    for (const place of ['tmpfs', 'ext4'] as const) {
      for (const rate of [2_000, 16_000]) {
        const name = `of ${rate} files created a second on ${place} by 8 processes is named, and counted`;
        const isShort = place === 'tmpfs' && rate === 16_000;
        it.skipIf(!HAS_TIME && !isShort)(isShort ? name : forLong(name), async () => {
          const seconds = 18;
          const storm = await stormOf(`${place}-${rate}`, churn, [
            on[place],
            '8',
            String(rate),
            String(seconds),
          ]);
          expect(namedAfter(storm, 'inode-churn')).toBeLessThan(NAMED_WITHIN_S);
          expect(isNamed('inode-churn', storm.snapshots.at(-1)!)).toBe(true);
          expect(longestGapS(storm)).toBeLessThan(3);
          // However far it has stepped down, what it says is what goes on.
          const { from, to } = longestCounted(storm);
          expect(to.bootUs - from.bootUs).toBeGreaterThan(3e6);
          const made = Number(storm.stdout) / seconds;
          for (const metric of ['inode.create', 'inode.unlink']) {
            const reported = rateBetween(from, to, metric);
            // The storm's own rate goes up and down with what else the machine does.
            expect(reported, metric).toBeGreaterThan(0.6 * made);
            expect(reported, metric).toBeLessThan(1.6 * made);
          }
        });
      }
    }

    it('of searches for holes on ext4 is named, stays named, and is not what slows it down', async () => {
      const fragment = resolve('test/vm/guest/workloads/fragment-ext4.pl');
      const { stdout } = await execa('perl', [fragment, on.ext4, '12000']);
      expect(Number(stdout)).toBeGreaterThan(11_000);
      const search = `timeout 20 perl ${WORKLOADS.seekHoles} ${join(on.ext4, 'fragmented')} 1000000; :`;
      const storm = await stormOf('seeks', 'sh', ['-c', search]);
      expect(namedAfter(storm, 'seek-hole-storm')).toBeLessThan(NAMED_WITHIN_S);
      expect(isNamed('seek-hole-storm', storm.snapshots.at(-1)!)).toBe(true);
      // With the file, and as many extents as filefrag lists.
      const finding = storm.snapshots.at(-1)!.insight.findings.find(({ id }) => id === 'seek-hole-storm');
      const fragmented = join(on.ext4, 'fragmented');
      const listed = await execa('filefrag', ['-v', fragmented], systemPath);
      expect(finding?.files?.[0]).toMatchObject({
        path: fragmented,
        extents: listed.stdout.match(/^ *\d+:/gm)?.length,
      });
      // What the probes took is known as soon as a window may open again after one that met the idle machine, before
      // which samples say that it is not: nothing is reported as certain, and as half of a CPU later.
      const reported = storm.snapshots.filter(
        ({ bootUs: atUs }) => atUs > storm.startUs + KNOWN_WITHIN_S * 1e6 && atUs < storm.endUs,
      );
      expect(reported.length).toBeGreaterThan(2);
      for (const { self } of reported) expect(self.probeMsUnsure).toBeUndefined();
    });
  },
);
