/** What a trace says of itself: whether the recording is whole, what it does not cover, marks, gaps and losses. */
import { asDistinct } from '../../core/safe-text.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { End } from '../encoder.ts';
import type { News } from '../news.ts';
import { type Annotation, eventPacket } from './packets.ts';
import { type Tracks, uuidOf } from './tracks.ts';

const ABOUT = uuidOf('about');
const GAPS = uuidOf('gaps');

type Asked = { readonly startUs: number; readonly isPart: boolean; readonly most: number | null };

export const aboutPackets = (tracks: Tracks, { stretch }: End, asked: Asked): Uint8Array[] => {
  const text = wholeness(stretch);
  return [
    ...tracks.describe({ uuid: ABOUT, parent: 0n, name: 'Recording', rank: 1, description: text }),
    eventPacket(asked.startUs, {
      type: 'instant',
      track: ABOUT,
      name: text,
      category: stretch.ended === null ? 'missing' : 'recording',
      annotations: annotationsOf(stretch, asked),
    }),
  ];
};

const wholeness = ({ ended }: Snapshot): string =>
  ended === null
    ? 'The recording is truncated: it has no trailer'
    : `The recording is whole: ${asDistinct(ended.reason)}`;

const annotationsOf = (stretch: Snapshot, { isPart, most }: Asked): Annotation[] => [
  ['host', asDistinct(stretch.header.host.hostname)],
  ['kernel', asDistinct(stretch.header.host.kernel)],
  ['stallscope', asDistinct(stretch.header.tool.version)],
  ...(isPart ? ([['stretch', 'only a part of the recording was asked for']] as const) : []),
  ...(most === null
    ? []
    : ([['listed', `the ${most} processes that did most; the others are summed`]] as const)),
  ...Object.entries(stretch.losses.byKind).map(([kind, count]) => [`lost ${kind}`, count ?? 0] as const),
  ...Object.entries(stretch.coverage)
    .filter(([, { coverage }]) => coverage !== 'exact')
    .map(
      ([metric, { coverage, reasons }]) =>
        [`not exact: ${metric}`, `${coverage}: ${reasons.map(asDistinct).join('; ')}`] as const,
    ),
];

export const newsPacket = (bootUs: number, { what, count, note }: News): Uint8Array =>
  eventPacket(bootUs, {
    type: 'instant',
    track: ABOUT,
    name: what === 'mark' ? `mark: ${asDistinct(note)}` : what,
    category: what === 'mark' ? 'mark' : 'missing',
    annotations: [
      ['count', count],
      ['note', asDistinct(note)],
    ],
  });

/** In which nothing was counted. */
export const gapPackets = (tracks: Tracks, { losses }: Snapshot, startUs: number): Uint8Array[] => [
  ...(losses.gaps.length === 0
    ? []
    : tracks.describe({ uuid: GAPS, parent: 0n, name: 'Nothing was counted', rank: 1 })),
  ...losses.gaps.flatMap(({ fromBootUs, toBootUs, reason }) => [
    eventPacket(Math.max(startUs, fromBootUs), {
      type: 'begin',
      track: GAPS,
      name: `gap: ${asDistinct(reason)}`,
      category: 'missing',
    }),
    eventPacket(Math.max(startUs, toBootUs), { type: 'end', track: GAPS }),
  ]),
];

/** The last packet: without it the trace itself was cut. */
export const endPacket = (bootUs: number): Uint8Array =>
  eventPacket(bootUs, { type: 'instant', track: ABOUT, name: 'end of the export', category: 'recording' });
