import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../src/core/insight/findings/finding.ts';
import type { SpikeMark } from '../../../../src/core/snapshot.ts';
import { composeScreen, layOut } from '../../../../src/views/tui/model/compose.ts';
import { buildSnapshot } from '../../../helpers/snapshot.ts';
import { buildView, textOf } from '../../../helpers/view.ts';

const finding: Finding = {
  id: 'seek-hole-storm',
  title: 'SEEK_HOLE storm',
  severity: 'high',
  confidence: 0.98,
  suspect: { pid: 4711, startMs: 10, comm: 'qemu\u001b[31m' },
  victims: [],
  startUs: 0,
  endUs: 1,
  evidence: [],
  missing: [],
  advice: [],
};

const spikeAt = (startUs: number, score: number): SpikeMark => ({
  metric: 'faults.major',
  pid: 12,
  comm: 'db',
  startUs,
  endUs: startUs,
  score,
});

const linesWith = (findings: readonly Finding[], spikes: readonly SpikeMark[]) => {
  const snapshot = { ...buildSnapshot(), insight: { findings, spikes, learning: false } };
  const view = buildView({ snapshot });
  return { panes: composeScreen(view), layout: layOut(view), view };
};

describe('what was recognised', () => {
  it('has a line of its own, with the name and the suspect, cleaned', () => {
    const { panes, layout, view } = linesWith([finding, { ...finding, id: 'inode-churn' }], []);
    const pane = panes.find(({ id }) => id === 'finding');
    const text = textOf(pane?.lines ?? []);
    expect(text).toMatch(/^ seek-hole-storm +qemu.+\(4711\) +and 1 more/);
    expect(text).not.toContain('\u001b');
    expect(layout.header + layout.finding + layout.lanes + layout.main + layout.status).toBe(view.size.rows);
  });

  it('takes no room when there is nothing to say', () => {
    const { panes, layout } = linesWith([], [spikeAt(0, 9)]);
    expect(panes.some(({ id }) => id === 'finding')).toBe(false);
    expect(layout.finding).toBe(0);
  });

  it('is otherwise the loudest spike of now, which is marked on the axis', () => {
    const { bootUs } = buildSnapshot();
    const { panes } = linesWith(
      [],
      [spikeAt(bootUs - 15e6, 7), spikeAt(bootUs - 12e6, 11), spikeAt(bootUs - 3e6, 4)],
    );
    expect(textOf(panes.find(({ id }) => id === 'finding')?.lines ?? [])).toContain(
      'spike faults.major of db (12)  and 1 more',
    );
    const [axis] = textOf(panes.find(({ id }) => id === 'lanes')?.lines ?? []).split('\n');
    expect(axis?.split('').filter((cell) => cell === '!')).toHaveLength(1 + 1);
  });
});
