/** What to know about the numbers: what is missing of them, and what is not exact. */
import type { Snapshot } from '../../core/snapshot.ts';
import { exact, longDuration } from '../../screen/format/numbers.ts';
import { clean } from '../../screen/format/text.ts';

export const honestyLines = (snapshot: Snapshot): string[] => {
  const late = snapshot.rows.filter((row) => row.lateStart).length;
  const missing = missingOf(snapshot);
  const doubts = doubtsOf(snapshot);
  return [
    '',
    ...importedLines(snapshot),
    ...(missing.length > 0
      ? [`What is missing: ${missing.join('; ')}.`]
      : doubts.length > 0
        ? ['Nothing was lost, but these counts are not exact:']
        : [nothingMissing(snapshot)]),
    ...doubts.map((doubt) => `  ${doubt}`),
    ...(late > 0
      ? [
          `${late === 1 ? '1 process' : `${exact(late)} processes`} ran before tracing began: what they did is counted from then on.`,
        ]
      : []),
  ];
};

/** Where values are from that nobody here counted, and what was assumed in reading them. */
export const importedLines = ({ header: { imported, intervalMs } }: Snapshot): string[] =>
  imported === undefined
    ? []
    : [
        `Imported from ${clean(imported.from)}: as reported, ${imported.coarse === undefined ? `every ${longDuration(intervalMs / 1000)}` : clean(imported.coarse)}; nothing shorter can be seen.`,
        ...imported.notes.map((note) => `  ${clean(note)}`),
      ];

export const nothingMissing = ({ header }: Snapshot): string => {
  if (header.imported !== undefined) return 'Nothing was left out.';
  // Imports by earlier versions do not say what they were made from.
  return header.probes.some(({ id }) => id === 'import')
    ? 'Imported: as exact as what it was made from.'
    : 'Nothing was lost: every count is exact.';
};

/** Kinds that are reported in words of their own. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'shared-pid',
  'foreign-pids',
  'unseen-program',
  'missed-runs',
]);
const MAX_SHARED = 5;

const sharedNotes = ({ rows }: Snapshot): string[] => {
  const notes = [...new Set(rows.flatMap(({ shared }) => shared ?? []))].map((note) => clean(note));
  const more = notes.length - MAX_SHARED;
  return more > 0 ? [...notes.slice(0, MAX_SHARED), `${exact(more)} more PIDs were shared so`] : notes;
};

export const missingOf = (snapshot: Snapshot): string[] => {
  const { losses } = snapshot;
  return [
    ...(snapshot.header.unnamed === undefined
      ? []
      : [
          `${clean(snapshot.header.unnamed)}: processes have the names the kernel gave them, and nothing else`,
        ]),
    ...sharedNotes(snapshot),
    ...Object.entries(losses.byKind)
      .filter(([kind]) => !ELSEWHERE.has(kind))
      .map(([kind, count]) => `${kind.replaceAll('-', ' ')}: ${exact(count)}`),
    ...losses.mapFull.map((metric) => `kernel map full: ${metric} may lack processes (raise --map-keys)`),
    ...losses.gaps.map(
      (gap) => `gap of ${((gap.toBootUs - gap.fromBootUs) / 1e6).toFixed(1)} s: ${clean(gap.reason)}`,
    ),
    ...(snapshot.others.processes > 0
      ? [`${exact(snapshot.others.processes)} exited processes are summed, not listed`]
      : []),
    ...(snapshot.ended === null ? ['the recording is truncated: it has no trailer'] : []),
  ];
};

const TRUST_WORDS = { estimate: '≈', 'lower-bound': '≥', 'not-covered': '–' } as const;
/** Processes named for one reason. */
const MOST_NAMES = 4;

/** What is not exact though nothing was lost, each with its reason: of all processes, and of some. */
export const doubtsOf = (snapshot: Snapshot): string[] => {
  const byReason = new Map<string, string[]>();
  const add = (sign: string, reason: string, name: string): void => {
    const key = `${sign} ${reason}`;
    const names = byReason.get(key);
    if (names === undefined) byReason.set(key, [name]);
    else if (!names.includes(name)) names.push(name);
  };
  for (const { id, label } of snapshot.metrics) {
    const { coverage = 'exact', reasons = [] } = snapshot.coverage[id] ?? {};
    // Of what was imported the lines above say it all.
    if (coverage === 'exact' || coverage === 'sampled') continue;
    for (const reason of reasons) add(TRUST_WORDS[coverage], clean(reason), clean(label));
  }
  for (const { pid, comm, uncovered } of snapshot.rows)
    for (const reason of Object.values(uncovered)) add('–', clean(reason), `${clean(comm)} (${pid})`);
  return [...byReason].map(([reason, names]) => {
    const more = names.length - MOST_NAMES;
    return `${reason}: ${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${exact(more)} more` : ''}`;
  });
};
