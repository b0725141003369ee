/** When a frame is due: at once after a key, at most four times a second for data, and never for nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { glyphsFor } from '../../src/screen/format/glyphs.ts';
import { KEYS } from '../../src/screen/keys/keys.ts';
import { createViewModel, type ViewModel } from '../../src/screen/view-model.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { sampleOf, snapshotAfter } from '../helpers/stream.ts';

let models: ViewModel[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  for (const model of models) model.stop();
  models = [];
  vi.useRealTimers();
});

const begin = () => {
  const store = createSnapshotStore();
  const model = createViewModel({
    store,
    overview: null,
    mode: 'live',
    wishes: {},
    playback: null,
    status: null,
    notice: null,
    recording: null,
    inspect: null,
    keys: KEYS,
    title: '',
    glyphs: glyphsFor('utf8'),
    size: () => ({ columns: 80, rows: 24 }),
    onEffect: () => undefined,
    among: null,
    ui: null,
    now: () => performance.now(),
  });
  models.push(model);
  let frames = 0;
  model.subscribe(() => {
    frames += 1;
  });
  const since = (): number => {
    const seen = frames;
    frames = 0;
    return seen;
  };
  let samples = 0;
  const take = (): void => {
    samples += 1;
    store.set(snapshotAfter(Array.from({ length: samples }, (_, seq) => sampleOf(seq))));
  };
  return { model, take, since };
};

describe('a frame', () => {
  it('comes at once with the first data, and then at most four times a second, the last of it shown', () => {
    const { model, take, since } = begin();
    take();
    expect(since()).toBe(1);
    for (let count = 0; count < 40; count += 1) {
      vi.advanceTimersByTime(25);
      take();
    }
    expect(since()).toBe(4);
    vi.advanceTimersByTime(250);
    expect(since()).toBe(1);
    expect(model.get().snapshot?.samples).toBe(41);
  });

  it('comes at once after a key and a resize, also between two of the data', () => {
    const { model, take, since } = begin();
    take();
    since();
    model.press('?');
    expect(since()).toBe(1);
    expect(model.get().ui.page).toBe('help');
    model.resized();
    expect(since()).toBe(1);
  });

  it('never comes for nothing, but for the word that a live sample is missing', () => {
    const { model, take, since } = begin();
    take();
    vi.advanceTimersByTime(250);
    since();
    vi.advanceTimersByTime(2_700);
    expect(since()).toBe(0);
    vi.advanceTimersByTime(2_000);
    expect(since()).toBeGreaterThan(0);
    expect(model.get().silentMs).toBeGreaterThan(3_000);
    take();
    vi.advanceTimersByTime(250);
    expect(model.get().silentMs).toBeNull();
  });

  it('does not come after the end', () => {
    const { model, take, since } = begin();
    take();
    since();
    take();
    model.stop();
    take();
    vi.advanceTimersByTime(10_000);
    expect(since()).toBe(0);
  });
});
