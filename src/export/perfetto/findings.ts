/** Findings as slices with their evidence, and arrows to those who are suspected. */
import { entityId } from '../../core/entity.ts';
import { asDistinct } from '../../core/safe-text.ts';
import type { Row } from '../../core/snapshot.ts';
import { type Finding, signsOf, suspectsIn } from '../../insight/findings/finding.ts';
import { type Annotation, eventPacket } from './packets.ts';
import { type Tracks, uuidOf } from './tracks.ts';

const ROOT = uuidOf('findings');

export type Scene = {
  readonly tracks: Tracks;
  /** By id; not all who are named have one. */
  readonly rows: ReadonlyMap<string, Row>;
  /** What is drawn ends here. */
  readonly endUs: number;
  /** The command that shows a moment of it. */
  readonly commandAt: (bootUs: number) => string;
};

export const findingPackets = (findings: readonly Finding[], scene: Scene): Uint8Array[] => [
  ...scene.tracks.describe({ uuid: ROOT, parent: 0n, name: 'Findings', rank: 0 }),
  ...findings.flatMap((finding, number) => slicePackets(finding, number, scene)),
];

const slicePackets = (finding: Finding, number: number, scene: Scene): Uint8Array[] => {
  const { tracks, rows, endUs } = scene;
  const track = uuidOf('finding', number);
  const suspects = suspectsIn(finding)
    .map(({ pid, startMs }) => rows.get(entityId(pid, startMs)))
    .filter((row) => row !== undefined);
  const flows = suspects.map((_, at) => uuidOf('flow', number, at));
  const toUs = Math.max(finding.startUs, Math.min(finding.endUs, endUs));
  return [
    ...tracks.describe({ uuid: track, parent: ROOT, name: finding.id }),
    eventPacket(finding.startUs, {
      type: 'begin',
      track,
      name: finding.title,
      category: 'finding',
      annotations: annotationsOf(finding, scene),
      flows,
    }),
    eventPacket(toUs, { type: 'end', track }),
    ...suspects.flatMap((row, at) => suspectPackets(finding, row, flows[at] ?? 0n, tracks)),
  ];
};

const suspectPackets = (finding: Finding, row: Row, flow: bigint, tracks: Tracks): Uint8Array[] => {
  const track = uuidOf('suspect', row.id);
  return [
    ...tracks.process(row),
    ...tracks.describe({ uuid: track, parent: uuidOf('process', row.id), name: 'Suspected of' }),
    eventPacket(finding.startUs, {
      type: 'instant',
      track,
      name: finding.id,
      category: 'suspect',
      ends: [flow],
    }),
  ];
};

const annotationsOf = (finding: Finding, { commandAt }: Scene): Annotation[] => {
  const { seen, of } = signsOf(finding);
  const named = ({ pid, comm }: { readonly pid: number; readonly comm: string }): string =>
    `${asDistinct(comm)} (${pid})`;
  return [
    ['id', finding.id],
    ['severity', finding.severity],
    ['signs', `${seen} of ${of}`],
    ['suspects', suspectsIn(finding).map(named).join(', ') || 'none'],
    ['victims', finding.victims.map(named).join(', ') || 'none'],
    ...(finding.cgroup === undefined ? [] : [['cgroup', asDistinct(finding.cgroup)] as const]),
    ...finding.evidence.map(
      ({ metric, value, unit, what }) => [`evidence ${metric}`, `${value} ${unit}: ${what}`] as const,
    ),
    ...finding.missing.map((one) => ['not measured', asDistinct(one)] as const),
    ...finding.advice.map(({ text }) => ['fix', asDistinct(text)] as const),
    ['show', commandAt(finding.startUs)],
  ];
};
