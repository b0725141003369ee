import { beforeAll, describe, expect, it } from 'vitest';
import { openRecording } from '../../src/recording/read/recording.ts';
import { glyphsFor } from '../../src/screen/format/glyphs.ts';
import { createPlainReporter } from '../../src/screen/plain.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { examples } from '../helpers/examples.ts';
import { buildSnapshot } from '../helpers/snapshot.ts';
import { buildView } from '../helpers/view.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

describe('the session in sentences', () => {
  it('reports a storm when it is recognised and when it is over, and is brief in between', () => {
    const recording = openRecording(examples[0] ?? '');
    const cursor = createCursor(recording);
    const report = createPlainReporter();
    const lines: string[] = [];
    for (let sample = 0; sample < recording.samples(); sample += 1)
      lines.push(...report(buildView({ snapshot: cursor.moveTo(sample), glyphs: glyphsFor('ascii') })));
    recording.close();
    const text = lines.join('\n');
    expect(text).toMatch(
      /\d\d:\d\d:\d\d HIGH: SEEK_HOLE storm: .* By qemu-mirror, PID 7012, \d of \d signs\./,
    );
    expect(text).toMatch(/Evidence: .*steps per SEEK_HOLE/);
    expect(text).toContain('Fix: ');
    expect(text).toContain('HIGH, over: SEEK_HOLE storm');
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(lines.length).toBeLessThan(recording.samples() / 2);
  });

  it('says nothing twice in a row, and something after ten seconds', () => {
    const report = createPlainReporter();
    expect(report(buildView({ snapshot: buildSnapshot({ samples: 100 }) })).length).toBeGreaterThan(0);
    expect(report(buildView({ snapshot: buildSnapshot({ samples: 105 }) }))).toEqual([]);
    expect(report(buildView({ snapshot: buildSnapshot({ samples: 110 }) }))).toHaveLength(1);
  });
});
