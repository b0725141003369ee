import { expect, it } from 'vitest';
import { unkeptLine } from '../../src/cli/unkept.ts';
import { momentOf } from '../helpers/moment.ts';

const found = momentOf('01-seek-hole-storm', 40);
const quiet = { ...found, insight: { ...found.insight, findings: [] } };
const [finding] = found.insight.findings;

it('says how what was found could have been kept, in one line, by the keys where there were any', () => {
  const line = unkeptLine(found, { isRecorded: false, hadKeys: true }) ?? '';
  expect(line).toContain(`found: ${finding?.title}, by ${finding?.suspect?.comm}`);
  expect(line).toContain('press r, then h');
  expect(line).not.toContain('\n');
  expect(unkeptLine(found, { isRecorded: false, hadKeys: false })).not.toContain('press');
});

it('says nothing where nothing was found, nothing counted, or it was recorded', () => {
  expect(unkeptLine(quiet, { isRecorded: false, hadKeys: true })).toBeNull();
  expect(unkeptLine(null, { isRecorded: false, hadKeys: true })).toBeNull();
  expect(unkeptLine(found, { isRecorded: true, hadKeys: true })).toBeNull();
});
