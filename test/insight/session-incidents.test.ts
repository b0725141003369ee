/** Incidents of few series, that begin with the first that left its usual range for good; and who stands out. */
import { describe, expect, it } from 'vitest';
import type { MetricDescriptor } from '../../src/core/metric.ts';
import { analyse } from '../../src/insight/analysis.ts';
import { aboutIncident } from '../../src/report/words.ts';
import { createSession } from '../../src/session/session.ts';
import { headerOf, START_US, sessionAfter } from '../helpers/stream.ts';
import { hostMetric, pidMetric, recordsOf, type Tick, watched } from './sessions.ts';

const LEVELS = [pidMetric('cpu', 'gauge'), pidMetric('memory', 'gauge')];
const NAMES = { 11: 'web', 12: 'cart', 13: 'mail', 14: 'user', 15: 'shop' };
const FAULT_TICK = 300;

/** Never the same twice in a row, and the same every time. */
const wobble = (at: number, pid: number): number => Math.sin(at * 1.7 + pid) + Math.cos(at * 0.31 * pid);

type Levels = Readonly<Record<string, Readonly<Record<number, number>>>>;

const usually = (at: number, pids: readonly number[]): Levels => ({
  cpu: Object.fromEntries(pids.map((pid) => [pid, 0.5 * pid + 0.2 * wobble(at, pid)])),
  memory: Object.fromEntries(pids.map((pid) => [pid, 1e7 * pid + 2e5 * wobble(at, pid)])),
});

/** An import of `pids`, ten minutes long; `changed` makes of what is usual what a tick after the fault has. */
const importOf = (
  pids: readonly number[],
  changed: (usual: Levels, since: number) => Levels,
  host: (since: number) => Tick['host'] = () => ({}),
  metrics: readonly MetricDescriptor[] = LEVELS,
) => {
  const ticks = Array.from({ length: 600 }, (_, at): Tick => {
    const usual = usually(at, pids);
    const of = host(at - FAULT_TICK) ?? {};
    return { pids: at < FAULT_TICK ? usual : changed(usual, at - FAULT_TICK), host: of };
  });
  const header = { ...headerOf(), metrics, imported: { from: 'csv', notes: [] } };
  const session = watched(sessionAfter(recordsOf(ticks, metrics, NAMES), header, createSession(header)));
  return analyse(session, { minScore: 3, symptom: null }).incidents;
};

const tickOf = (bootUs: number): number => Math.round((bootUs - START_US) / 1e6) - 1;

const timesCpu =
  (factors: Readonly<Record<number, number>>) =>
  (usual: Levels): Levels => ({
    ...usual,
    cpu: Object.fromEntries(
      Object.entries(usual.cpu ?? {}).map(([pid, level]) => [pid, level * (factors[Number(pid)] ?? 1)]),
    ),
  });

describe('an incident of few series', () => {
  it('is of two processes, of which one uses more CPU for good, from where it began', () => {
    const incidents = importOf([11, 12], timesCpu({ 12: 6 }));
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.suspect).toMatchObject({ metric: 'cpu', pid: 12, comm: 'cart' });
    expect(tickOf(incidents[0]?.startUs ?? 0)).toBe(FAULT_TICK);
  });

  it('says why it names whom, and that it is no more than what stands out', () => {
    const [incident] = importOf([11, 12], timesCpu({ 12: 6, 11: 1.6 }));
    if (incident === undefined) throw new Error('nothing was reported');
    expect(aboutIncident(incident)).toMatch(
      /; look at cpu of cart \(12\): it left its usual range for good by \d[\d,]* times its usual spread, with the first; next is cpu of web \(11\), by \d+ times$/,
    );
  });

  it('is of memory that grows and does not stop', () => {
    const [first] = importOf([11, 12, 13], (usual, since) => ({
      ...usual,
      memory: { ...usual.memory, 13: (usual.memory?.[13] ?? 0) + 2e6 * since },
    }));
    expect(first?.suspect).toMatchObject({ metric: 'memory', pid: 13 });
    const begun = tickOf(first?.startUs ?? 0) - FAULT_TICK;
    expect(begun).toBeGreaterThanOrEqual(0);
    expect(begun).toBeLessThan(30);
  });

  it('names nobody where several leave alike', () => {
    const [first] = importOf([11, 12], (usual, since) => ({
      ...usual,
      memory: { 11: 2.2e8 + 2e5 * Math.sin(since), 12: 2.4e8 + 2e5 * Math.sin(since) },
    }));
    expect(first).toMatchObject({
      suspect: null,
      nobody: 'several left their usual range alike, and none of them stands out',
    });
  });

  it.each([
    ['nothing happens', (usual: Levels) => usual],
    ['load rises, and all do more', timesCpu({ 11: 1.6, 12: 1.5, 13: 1.7, 14: 1.6, 15: 1.55 })],
    [
      'a burst is over after fifteen seconds',
      (usual: Levels, since: number) => (since < 15 ? timesCpu({ 12: 6 })(usual) : usual),
    ],
  ])('is not reported where %s', (_, changed) => {
    expect(importOf([11, 12, 13, 14, 15], changed)).toEqual([]);
  });

  it('is of memory alone that goes a fifth beyond all that it ever was, and stays', () => {
    const incidents = importOf([11, 12, 13], (usual) => ({
      ...usual,
      memory: { ...usual.memory, 13: 1.2 * (usual.memory?.[13] ?? 0) },
    }));
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.suspect).toMatchObject({ metric: 'memory', pid: 13 });
  });

  it('is reported once of what comes and goes, for as far as it has been before', () => {
    const isThere = (since: number): boolean => since % 150 < 45;
    const incidents = importOf([11, 12, 13], (usual, since) =>
      isThere(since) ? timesCpu({ 12: 6, 13: 4 })(usual) : usual,
    );
    expect(incidents.map(({ startUs }) => tickOf(startUs))).toEqual([FAULT_TICK]);
  });

  it('is not reported where load reaches one after the other, and passes', () => {
    const pids = [11, 12, 13, 14, 15];
    const incidents = importOf(pids, (usual, since) => {
      const reached = pids.filter((_, index) => since >= 3 * index && since < 3 * index + 20);
      return timesCpu(Object.fromEntries(reached.map((pid) => [pid, 3])))(usual);
    });
    expect(incidents).toEqual([]);
  });

  it('reports a fault from the load that rose with it', () => {
    const [first] = importOf([11, 12, 13, 14, 15], timesCpu({ 11: 1.6, 12: 12, 13: 1.7, 14: 1.6, 15: 1.55 }));
    expect(first?.suspect).toMatchObject({ pid: 12 });
  });

  it('knows whose a level of the host is by its name', () => {
    const metrics = ['a_cpu', 'a_mem', 'b_cpu', 'b_mem', 'c_cpu'].map((id) => hostMetric(id, 'gauge'));
    const [first] = importOf(
      [],
      (usual) => usual,
      (since) =>
        Object.fromEntries(
          metrics.map(({ id }, at) => [
            id,
            (id.startsWith('b_') && since >= 0 ? 90 : 20) + 0.2 * wobble(since + FAULT_TICK, at + 1),
          ]),
        ),
      metrics,
    );
    expect(first?.suspect?.metric).toMatch(/^b_(?:cpu|mem)$/);
  });

  it('needs somebody who waits, where waiting is measured', () => {
    const metrics = [...LEVELS, hostMetric('psi.cpu.some_us')];
    const reported = (waitUs: number) =>
      importOf(
        [11, 12],
        timesCpu({ 12: 6 }),
        (since) => ({ 'psi.cpu.some_us': since < 0 ? 2_000 : waitUs }),
        metrics,
      );
    expect(reported(2_000)).toEqual([]);
    expect(reported(400_000)).not.toEqual([]);
  });
});
