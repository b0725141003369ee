import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/insight/findings/finding.ts';
import { actionOf, contextsOf, KEYS, type KeyContext, keyLabel } from '../../src/screen/keys/keys.ts';
import { helpLines } from '../../src/screen/pages/pages.ts';
import { reduce } from '../../src/screen/reduce.ts';
import type { UiState } from '../../src/screen/state.ts';
import { buildSnapshot, INSIGHT } from '../helpers/snapshot.ts';
import { buildPlayback, buildView, textOf } from '../helpers/view.ts';

const finding = {
  id: 'seek-hole-storm',
  title: 'SEEK_HOLE storm: each search walks all extents',
  severity: 'high',
  confidence: 0.98,
  suspect: { pid: 4000, startMs: 7_000_000, comm: 'qemu-img' },
  victims: [],
  startUs: 7_250_000_000,
  endUs: 7_290_000_000,
  evidence: [{ metric: 'iomap.iter', value: 5, unit: 'count', what: 'steps', atUs: 7_255_000_000 }],
  missing: [],
  advice: [{ text: 'Copy the file', command: 'cp --sparse=always a b' }],
} satisfies Finding;

const PAGES: Readonly<Record<string, UiState['page']>> = {
  extents: 'detail',
  threads: 'detail',
  page: 'help',
  list: 'columns',
  columns: 'columns',
  'finding-go': 'findings',
};
/** A screen on which every key of the context has something left to do. */
const middle = (where: KeyContext, id: string) => {
  const snapshot = buildSnapshot({ processes: 60, change: { insight: { ...INSIGHT, findings: [finding] } } });
  const ui: Partial<UiState> = {
    mode: where === 'replay' ? 'replay' : 'live',
    page: PAGES[id] ?? PAGES[where] ?? 'table',
    columns: { 'kswapd.wakeups': 'never' },
    chosen: 'iomap.seek_data',
    selectedId: snapshot.rows[30]?.id ?? null,
    selectedOffset: 3,
    focus: where === 'signals' ? 'signals' : 'table',
    laneTop: 2,
    zoom: '5m',
    filter: id === 'clear' ? '4' : '',
    scroll: 5,
    input: where === 'input' ? { kind: 'filter', text: 'abc', problem: null } : null,
  };
  return buildView({ snapshot, ui, playback: where === 'replay' ? buildPlayback() : null });
};

describe('the key table', () => {
  it('gives each key one meaning within a context', () => {
    const seen = new Set<string>();
    for (const { where, keys } of KEYS) {
      for (const key of keys) {
        expect(seen, `${where} ${key}`).not.toContain(`${where} ${key}`);
        seen.add(`${where} ${key}`);
      }
    }
  });

  it('hides a key of everywhere only behind the same movement in the signals', () => {
    const everywhere = new Set(KEYS.filter(({ where }) => where === 'anywhere').flatMap(({ keys }) => keys));
    const others: readonly KeyContext[] = ['anywhere', 'input', 'signals'];
    const nearer = KEYS.filter(({ where }) => !others.includes(where)).flatMap(({ keys }) => keys);
    expect(nearer.filter((key) => everywhere.has(key))).toEqual([]);
  });

  // Those of the list of hosts are tried on it (hosts.test.ts).
  const ofSessions = KEYS.filter(({ where }) => where !== 'hosts');
  it.each(ofSessions.map((binding) => [binding.id, binding] as const))('%s does something', (id, binding) => {
    const view = middle(binding.where, id);
    // This session has two probes.
    for (const key of id === 'probe' ? ['1', '2'] : binding.keys) {
      const action = actionOf(key, view.ui);
      expect(action?.type).toBe(binding.action.type);
      const outcome = reduce(view, action ?? { type: 'quit' });
      expect(outcome.effect !== null || JSON.stringify(outcome.ui) !== JSON.stringify(view.ui)).toBe(true);
    }
  });

  it('is all in the help of its mode', () => {
    const help = textOf(helpLines(buildView({ size: { columns: 200, rows: 60 }, ui: { mode: 'replay' } })));
    for (const { where, keys, help: said } of KEYS) {
      if (where === 'live') continue;
      expect(help).toContain(said);
      expect(help).toContain(keys.map(keyLabel).join(' '));
    }
  });

  it('types what is no key while a line is open, q included', () => {
    const ui = middle('input', '').ui;
    expect(contextsOf(ui)).toEqual(['input']);
    expect(actionOf('q', ui)).toEqual({ type: 'type', text: 'q' });
    expect(actionOf('space', ui)).toEqual({ type: 'type', text: ' ' });
    expect(actionOf('up', ui)).toBeNull();
    expect(actionOf('ctrl-c', ui)).toEqual({ type: 'interrupt' });
  });
});
