import { describe, expect, it } from 'vitest';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { composeScreen } from '../../src/screen/compose.ts';
import { buildSnapshot } from '../helpers/snapshot.ts';
import { buildView, textOf } from '../helpers/view.ts';

const exact = buildSnapshot();
const shown = (change: Partial<WatchedSnapshot>, ui = {}): string =>
  textOf(
    composeScreen(
      buildView({ snapshot: buildSnapshot({ change }), size: { columns: 160, rows: 60 }, ui }),
    ).flatMap(({ lines }) => lines),
  );

describe('the budget on the screen', () => {
  const self = { ...exact.self, probesPercent: 7.25, probePercent: { iomap: 7, kswapd: 0.25 } };

  it('shows what the probes take beside our own cost, and by probe on the session page', () => {
    expect(shown({ self })).toMatch(/probes 7\.[23]/);
    expect(shown({})).not.toMatch(/probes \d/);
    const header = { ...exact.header, budget: 0.02 };
    const page = shown({ self, header }, { page: 'session' });
    expect(page).toContain('budget 2.0% of each cpu at work');
    expect(page).toContain('iomap 7.0%');
  });

  it('says whether the cost was measured or estimated, and whether it can be measured at all', () => {
    const estimated = { ...self, probeMsBy: 'estimated' as const };
    expect(shown({ self: estimated })).toMatch(/probes ≈7\.[23]/);
    expect(shown({ self: { ...self, probeMsBy: 'measured' } })).toMatch(/probes 7\.[23]/);
    const pageOf = (costBasis: 'measured' | 'estimated') =>
      shown({ self: estimated, header: { ...exact.header, budget: 0.02, costBasis } }, { page: 'session' });
    expect(pageOf('estimated')).toMatch(/take about 7\.[\s\S]*only estimated from what they count/);
    expect(pageOf('measured')).toContain('measured now and then');
  });

  it('shows which probe stepped down, and why', () => {
    const probes: WatchedSnapshot['probes'] = [
      {
        id: 'iomap',
        variant: 'seeks',
        state: 'attached',
        reason: 'over the budget: 9 %',
        uncounted: ['iomap.iter'],
      },
      {
        id: 'kswapd',
        variant: null,
        state: 'detached',
        reason: 'over the budget: 8 %',
        uncounted: ['kswapd.wakeups'],
      },
    ];
    const text = shown({ probes });
    expect(text).toContain('iomap/seeks (budget)');
    expect(text).toContain('kswapd/off (budget)');
    expect(shown({ probes }, { page: 'session' })).toContain('over the budget: 9 %');
  });

  it('marks an estimate as one', () => {
    const coverage: WatchedSnapshot['coverage'] = {
      ...exact.coverage,
      'iomap.seek_hole': { coverage: 'estimate', reasons: ['shared out'] },
    };
    expect(shown({ coverage })).toContain('≈137');
    expect(shown({ coverage }, { page: 'detail' })).toContain('≈ shared out');
  });
});
