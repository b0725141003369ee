/** A whole session on one page: totals per process and metric, what was lost, how far it covers. */
import type { Snapshot } from '../../core/snapshot.ts';
import { dateTime, exact, longDuration } from '../../screen/format/numbers.ts';
import { clean } from '../../screen/format/text.ts';
import { hostFacts, remoteFacts } from '../words.ts';
import { deviceLines } from './devices.ts';
import { honestyLines } from './doubts.ts';
import { latencyLines } from './latencies.ts';
import { orderText } from './rows.ts';
import { memoryLines, probeLines } from './tables.ts';

/** The page: recording, a table per probe, what to know about the numbers. Lines without colour. */
export const summaryLines = (snapshot: Snapshot, source: string, sort?: string): string[] => [
  ...recordingLines(snapshot, source),
  `  order   ${orderText(snapshot, sort)}`,
  ...snapshot.probes.flatMap((probe) => probeLines(snapshot, probe.id, sort)),
  ...deviceLines(snapshot),
  ...latencyLines(snapshot),
  ...memoryLines(snapshot, sort),
  ...honestyLines(snapshot),
];

const recordingLines = (snapshot: Snapshot, source: string): string[] => {
  const { header } = snapshot;
  const traced = header.selection.command?.join(' ') ?? selectionText(snapshot);
  return [
    `${clean(source)}: ${longDuration(snapshot.elapsedUs / 1e6)}, ${exact(snapshot.samples)} samples from ${dateTime(snapshot.realMs - snapshot.elapsedUs / 1000)}`,
    `  host    ${clean(header.host.hostname)}, ${hostFacts(header.host)}`,
    ...(header.remote === undefined ? [] : [`  over    ${clean(remoteFacts(header.remote))}`]),
    `  traced  ${clean(traced)}`,
  ];
};

/** Whom it was of. */
export const selectionText = ({ header: { selection } }: Snapshot): string => {
  if (selection.pids.length > 0) {
    const threads = selection.threads ?? [];
    const asked = threads.length === 0 ? '' : ` (asked for by thread ${threads.join(', ')})`;
    return `PID ${selection.pids.join(', ')}${asked}`;
  }
  return selection.comm === null ? 'every process' : `processes named ${selection.comm}`;
};
