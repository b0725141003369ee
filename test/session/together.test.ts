/** Real recordings on one clock: each shows what it knew at that moment, whoever moves it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commonMsAt } from '../../src/core/common-clock.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { playTogether } from '../../src/session/together.ts';
import { examples } from '../helpers/examples.ts';
import { writtenAs } from '../helpers/recorded.ts';

const folder = mkdtempSync(join(tmpdir(), 'together-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The second one's clock is 12.5 s behind: the same wall clock there is 12.5 s later here. */
const open = () => {
  const [source = ''] = examples;
  const of = (name: string, aheadMs: number) =>
    openRecording(
      writtenAs(join(folder, name), source, (header) => ({
        ...header,
        remote: { hostname: name, aheadMs, unsureMs: 2 },
      })),
    );
  const members = [of('db7', 0), of('web1', -12_500)].map((recording) => ({
    recording,
    store: createSnapshotStore(),
  }));
  const together = playTogether(members, { fromMs: null, speed: 1, playing: false });
  const at = (): readonly number[] =>
    members.map(({ recording, store }) => commonMsAt(recording.header, store.get()?.bootUs ?? 0));
  const close = (): void => {
    together.close();
    for (const { recording } of members) recording.close();
  };
  return { members, together, at, close };
};

describe('recordings of several hosts', () => {
  it('begin with the first of them, when the others are not there yet', () => {
    const { together, close } = open();
    expect([together.whereIs(0), together.whereIs(1)]).toEqual(['within', 'before']);
    close();
  });

  it('show the latest sample at or before the common moment, never a later one', () => {
    const { members, together, at, close } = open();
    const { startUs, endUs } = together.clock.state();
    for (const share of [0.9, 0.2, 0.5, 0.999, 0.3]) {
      const us = startUs + (endUs - startUs) * share;
      together.clock.seek(us);
      members.forEach(({ recording }, index) => {
        if (together.whereIs(index) === 'before') return;
        const shownMs = at()[index] ?? 0;
        const next = recording.sampleAt(members[index]?.store.get()?.bootUs ?? 0) + 1;
        expect(shownMs * 1_000).toBeLessThanOrEqual(us + 10);
        if (next < recording.samples())
          expect(commonMsAt(recording.header, recording.timeOf(next)) * 1_000).toBeGreaterThan(us - 10);
      });
    }
    close();
  });

  it('are all moved by whoever moves one', () => {
    const { together, at, close } = open();
    const [first, second] = together.playbacks;
    second?.seek((second?.state().startUs ?? 0) + 20e6, true);
    const [a = 0, b = 0] = at();
    expect(Math.abs(a - b)).toBeLessThan(1_100);
    first?.step(5);
    const [later = 0, too = 0] = at();
    expect(later - a).toBeGreaterThan(3_900);
    expect(Math.abs(later - too)).toBeLessThan(1_100);
    close();
  });

  it('are gone through moment by moment, forward and back', () => {
    const { together, close } = open();
    const before = together.clock.state().positionUs;
    together.clock.step(30);
    expect(together.clock.state().positionUs).toBeGreaterThan(before + 15e6);
    together.clock.step(-30);
    expect(Math.abs(together.clock.state().positionUs - before)).toBeLessThan(1_100_000);
    together.clock.seek(Number.MAX_SAFE_INTEGER);
    expect([together.whereIs(0), together.whereIs(1)]).toEqual(['after', 'within']);
    close();
  });
});
