/**
 * A recording as a native Perfetto trace. A process is a track of its PID and start, with a counter for each metric that
 * it has; host and control groups have theirs. A counter is drawn over the interval that it grew in, and only what changes
 * is written: growth, and zero once it has stopped; levels and largest values where they moved.
 *
 * Findings are slices with evidence, with an arrow to whom they suspect; marks and losses are instants, gaps slices.
 * Whether the recording is whole, and how far each metric is to be trusted, stands in the trace. Its last packet is the
 * instant "end of the export".
 */
import { realMsAt } from '../../core/clock.ts';
import { entityId } from '../../core/entity.ts';
import { asDistinct } from '../../core/safe-text.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { suspectsIn } from '../../insight/findings/finding.ts';
import { createChanges } from '../changes.ts';
import { divide } from '../chosen.ts';
import type { Encoder, End, Export } from '../encoder.ts';
import { createNews, type News } from '../news.ts';
import { aboutPackets, endPacket, gapPackets, newsPacket } from './about.ts';
import { createCurves } from './curves.ts';
import { findingPackets } from './findings.ts';
import { clockPackets, trackPacket } from './packets.ts';
import { createTracks } from './tracks.ts';

/** Ranks before these are those of tracks that are no processes. */
const FIRST_PROCESS = 4;

export const perfettoEncoder = (asked: Export, hindsight: End): Encoder => {
  const { header, from, chosen } = asked;
  const { snapshot: last, stretch } = hindsight;
  const startUs = from?.bootUs ?? header.clock.bootUs;
  const findings = last.insight.findings.filter((one) => one.endUs >= startUs && one.startUs <= last.bootUs);
  const suspects = new Set(findings.flatMap(suspectsIn).map(({ pid, startMs }) => entityId(pid, startMs)));
  const ranks = new Map([...suspects].map((id, at) => [id, FIRST_PROCESS + at]));
  const tracks = createTracks(stretch, ranks);
  const curves = createCurves(tracks, startUs);
  const changes = createChanges(from);
  const news = createNews(from);
  const said = (snapshot: Snapshot): Uint8Array[] =>
    news.of(snapshot).map((one: News) => newsPacket(snapshot.bootUs, one));

  return {
    begin: () => [
      ...clockPackets(header.clock),
      trackPacket({ uuid: 0n, ordered: true }),
      ...aboutPackets(tracks, hindsight, { startUs, isPart: asked.isPart, most: chosen.most }),
      ...tracks.host(),
      ...findingPackets(findings, {
        tracks,
        rows: new Map(last.rows.map((row) => [row.id, row])),
        endUs: last.bootUs,
        commandAt: (bootUs) => replayCommand(asked.file, realMsAt(header.clock, bootUs)),
      }),
      ...gapPackets(tracks, stretch, startUs),
    ],
    sample: (snapshot) => {
      const { listed, others } = divide(changes.of(snapshot), chosen);
      return [...said(snapshot), ...curves.draw(snapshot, listed, others)];
    },
    end: ({ snapshot }) => [...said(snapshot), ...curves.end(), endPacket(snapshot.bootUs)],
  };
};

/** One word for a shell, whatever the file is called. */
const replayCommand = (file: string, realMs: number): string =>
  `stallscope replay ${/^[\w./-]+$/.test(file) ? file : `'${asDistinct(file).replaceAll("'", "'\\''")}'`} --from ${new Date(Math.floor(realMs)).toISOString()}`;
