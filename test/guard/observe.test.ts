/** What reaches a guard is ids and numbers: no text of the traced host, whatever it is called. */
import { expect, it } from 'vitest';
import { observationOf } from '../../src/guard/observe.ts';
import { EFFECTS } from '../../src/guard/rules/actions.ts';
import type { Finding } from '../../src/insight/findings/finding.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';

const MARK = 'chosen-by-somebody';

const findingOf = (name: string, id: string): Finding => ({
  id,
  title: name,
  severity: 'high',
  confidence: 0.9,
  suspect: { pid: 4711, startMs: 10, comm: name },
  cgroup: name,
  device: name,
  channel: name,
  files: [{ path: name, sizeBytes: 1, extents: 1e6 }],
  victims: [{ pid: 1, startMs: 0, comm: name }],
  startUs: 1,
  endUs: 2,
  evidence: [{ metric: name, value: 1, unit: 'count', what: name, atUs: 1 }],
  missing: [name],
  advice: [{ text: name, command: name, risk: name }],
});

it('of any name nothing gets through, and only what was asked for is looked at', () => {
  const names = HOSTILE_NAMES.map((name) => `${MARK}${name}`);
  const snapshot = {
    bootUs: 5,
    read: { bootUs: 5 },
    header: {},
    metrics: [{ id: 'iomap.seek_ns', scope: 'pid' }, ...names.map((id) => ({ id, scope: 'pid' }))],
    totals: Object.fromEntries(names.map((id) => [id, { total: 1 }])),
    host: {},
    coverage: {},
    insight: {
      findings: [
        ...names.map((name) => findingOf(name, 'seek-hole-storm')),
        ...names.map((name) => findingOf(name, name)),
      ],
    },
  } as unknown as WatchedSnapshot;
  const seen = observationOf(snapshot, Object.keys(EFFECTS));
  expect(seen.findings).toHaveLength(names.length);
  expect(JSON.stringify(seen)).not.toContain(MARK);
  expect(seen.findings[0]?.suspect).toEqual({ pid: 4711, startMs: 10 });
  // PIDs of another namespace are other processes here.
  const elsewhere = { ...snapshot, header: { unnamed: 'x' } } as unknown as WatchedSnapshot;
  expect(observationOf(elsewhere, ['seek-hole-storm']).findings[0]?.suspect).toBeNull();
});
