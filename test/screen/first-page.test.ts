/** Real sessions: who did it and who suffers is read on the first page, at 80 × 24, while it goes on. */
import { describe, expect, it } from 'vitest';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { composeScreen } from '../../src/screen/compose.ts';
import { glyphsFor } from '../../src/screen/format/glyphs.ts';
import { KEYS } from '../../src/screen/keys/keys.ts';
import { bareView } from '../../src/screen/view.ts';
import { createSession, foldInto, snapshotOf } from '../../src/session/session.ts';
import { realSessions } from '../helpers/incidents.ts';
import { textOf } from '../helpers/view.ts';

/** Findings that the page has lines for. */
const TOLD = 3;

/** Of the samples, to save time. */
const LOOK_EVERY = 3;

const bannerOf = (snapshot: WatchedSnapshot): string => {
  const view = bareView({
    mode: 'live',
    snapshot,
    keys: KEYS,
    size: { columns: 80, rows: 24 },
    glyphs: glyphsFor('utf8'),
  });
  return textOf(composeScreen(view).find(({ id }) => id === 'finding')?.lines ?? []);
};

describe('the first page', () => {
  const incidents = realSessions.filter(({ kind }) => kind === 'incident');

  it.each(incidents.map((session) => [session.name, session] as const))('of %s', (_, { path, findings }) => {
    const recording = openRecording(path);
    const session = createSession(recording.header);
    const told = new Set<number>();
    for (let number = 0; number < recording.samples(); number += 1) {
      for (const record of recording.recordsOf(number)) foldInto(session, record);
      if (number % LOOK_EVERY > 0) continue;
      const snapshot = snapshotOf(session);
      if (snapshot.insight.findings.length === 0) continue;
      const lines = bannerOf(snapshot);
      findings.forEach(({ id, suspect, victims }, at) => {
        const isNamed = snapshot.insight.findings.some(
          (finding) => finding.id === id && lines.includes(finding.title.split(': ')[0] ?? ''),
        );
        const isSuspectRead = suspect === null || lines.includes(suspect.comm);
        const isVictimRead = victims.length === 0 || victims.some((comm) => lines.includes(comm));
        if (isNamed && isSuspectRead && isVictimRead) told.add(at);
      });
    }
    recording.close();
    expect(told.size).toBeGreaterThanOrEqual(Math.min(TOLD, findings.length));
  });
});
