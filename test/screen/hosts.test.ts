import { beforeAll, describe, expect, it } from 'vitest';
import { openRecording } from '../../src/recording/read/recording.ts';
import { glyphsFor } from '../../src/screen/format/glyphs.ts';
import { lineCells } from '../../src/screen/format/line.ts';
import { bindingsOf } from '../../src/screen/hosts/hosts-keys-now.ts';
import { createHostsModel, type HostsEffect } from '../../src/screen/hosts/hosts-model.ts';
import { composeHosts } from '../../src/screen/hosts/hosts-screen.ts';
import type { WatchedHost } from '../../src/screen/hosts/hosts-view.ts';
import { KEYS } from '../../src/screen/keys/keys.ts';
import type { Mode } from '../../src/screen/state.ts';
import { createTextStore } from '../../src/screen/text-store.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { examples } from '../helpers/examples.ts';
import { buildSnapshot } from '../helpers/snapshot.ts';
import { buildPlayback, textOf } from '../helpers/view.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

const NOW = Date.UTC(2026, 10, 21, 15, 57, 40);

const storm = () => {
  const recording = openRecording(examples[0] ?? '');
  const snapshot = createCursor(recording).moveTo(40);
  recording.close();
  return snapshot;
};

const host = (name: string, more: Partial<WatchedHost> = {}): WatchedHost => ({
  name,
  snapshot: buildSnapshot(),
  overview: null,
  said: '',
  problem: '',
  silentSinceMs: null,
  ...more,
});

const HOSTS = [
  host('db7', { snapshot: storm() }),
  host('web1'),
  host('web2', { silentSinceMs: NOW - 12_000 }),
  host('db8', { snapshot: null, problem: 'ssh to db8 failed: Connection refused.\n  Try it by itself' }),
  host('nfs\u001b[31m', { snapshot: null, said: 'connecting to nfs' }),
];

const draw = (columns: number, rows: number, chosen = 0, mode: Mode = 'live') =>
  composeHosts({
    mode,
    hosts: HOSTS,
    chosen,
    nowMs: NOW,
    size: { columns, rows },
    glyphs: glyphsFor('utf8'),
    keys: KEYS,
    playback: mode === 'replay' ? buildPlayback() : null,
    unknownKey: null,
  }).flatMap(({ lines }) => lines);

describe('the list of hosts', () => {
  it('says of each what is wrong, who, since when, and what befell the link', () => {
    const text = textOf(draw(120, 30));
    expect(text).toMatch(/5 hosts {2}1 in trouble {2}1 silent {2}1 not watched {2}1 not yet counting/);
    expect(text).toMatch(/^>db7 +HIGH +15:5\d:\d\d SEEK_HOLE storm +qemu-mirror \(7012\)/m);
    expect(text).toMatch(/^ web1 +quiet +Waiting for I\/O: 61\.2% of the time +cpu 3\.1% io 61% mem 12%/m);
    expect(text).toMatch(/^ web2 +SILENT +15:57:28 nothing heard/m);
    expect(text).toMatch(/^ db8 +FAILED +ssh to db8 failed: Connection refused\./m);
    expect(text).toMatch(/^ nfs\S* +waiting +connecting to nfs/m);
    // Of the one with the cursor.
    expect(text).toMatch(/^db7 ─+$/m);
    expect(text).toContain('Evidence');
  });

  it('says all of what went wrong where there is room for it, and since when nothing was heard', () => {
    expect(textOf(draw(120, 30, 3))).toContain('Try it by itself');
    expect(textOf(draw(120, 30, 2))).toContain('nothing heard since 15:57:28, for 12s');
  });

  it.each([
    [20, 5],
    [40, 10],
    [80, 24],
    [200, 60],
    [80, 2],
    [9, 4],
  ])('fits %i by %i cells, live and replayed', (columns, rows) => {
    for (const mode of ['live', 'replay'] as const) {
      const lines = draw(columns, rows, 4, mode);
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(lineCells(line)).toBeLessThanOrEqual(columns);
      expect(textOf(lines)).not.toMatch(/\u001b/);
    }
  });
});

describe('its keys', () => {
  const open = (mode: Mode) => {
    const effects: HostsEffect[] = [];
    const sessions = ['db7', 'web1', 'web2'].map((name) => ({
      name,
      store: createSnapshotStore(),
      overview: null,
      status: createTextStore(),
      notice: createTextStore(),
      problem: createTextStore(),
    }));
    const model = createHostsModel({
      sessions,
      mode,
      playback: null,
      glyphs: glyphsFor('utf8'),
      keys: KEYS,
      size: () => ({ columns: 80, rows: 24 }),
      onEffect: (effect) => effects.push(effect),
    });
    return { model, effects, sessions };
  };

  it('move, and enter the host with the cursor', () => {
    const { model, effects } = open('live');
    for (const key of ['down', 'j', 'down', 'up', 'enter', 'q']) model.press(key);
    model.stop();
    expect(effects).toEqual([{ type: 'enter', host: 1 }, { type: 'quit' }]);
  });

  it('enter with the mouse what is chosen already', () => {
    const { model, effects } = open('live');
    model.point({ x: 3, y: 4, wheel: 0 });
    expect([model.get().chosen, effects]).toEqual([2, []]);
    model.point({ x: 3, y: 4, wheel: 0 });
    model.stop();
    expect(effects).toEqual([{ type: 'enter', host: 2 }]);
  });

  it.each(['live', 'replay'] as const)('each do something, and what is none is said (%s)', (mode) => {
    const { model, effects } = open(mode);
    for (const { keys } of bindingsOf(KEYS, mode))
      for (const key of keys) {
        model.press(key);
        expect(model.get().unknownKey).toBeNull();
      }
    expect(effects.some(({ type }) => type === 'play')).toBe(mode === 'replay');
    model.press('v');
    expect(model.get().unknownKey).toBe('v');
    model.stop();
  });

  it('show the news of a host at once, and nothing while nobody looks', () => {
    const { model, sessions } = open('live');
    let frames = 0;
    const out = model.subscribe(() => {
      frames += 1;
    });
    sessions[1]?.problem.set('gone');
    expect([frames, model.get().hosts[1]?.problem]).toEqual([1, 'gone']);
    out();
    sessions[1]?.problem.set('gone for good');
    expect([frames, model.get().hosts[1]?.problem, model.fresh().hosts[1]?.problem]).toEqual([
      1,
      'gone',
      'gone for good',
    ]);
    model.stop();
  });
});
