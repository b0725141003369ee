/**
 * A recording without what is nobody else's business. Whatever comes from outside and is not a number is secret until it is
 * listed as safe (safe-list.ts, and the probes that ship): names, paths, command lines, users, texts, and also the ids and labels
 * of metrics, become pseudonyms. The same thing always gets the same one, so that what belongs together still does, and nothing
 * could be computed back.
 *
 * Each field of text has a rule of its own, by its name; a field without one is secret. Numbers and times pass.
 */
import type { HeaderRecord, StreamRecord } from '../core/record.ts';
import type { WatchedCheckpoint } from '../insight/checkpoint.ts';
import {
  DEVICE_METRIC,
  isDevice,
  isFilesystem,
  isHostMetric,
  isLimitFile,
  isSafeText,
  kernelThread,
  kernelVersion,
  safeArch,
  safeFormat,
  toolVersion,
} from './safe-list.ts';

export type Redactor = {
  header(header: HeaderRecord): HeaderRecord;
  record(record: StreamRecord): StreamRecord;
  checkpoint(part: WatchedCheckpoint): WatchedCheckpoint;
};

/** What ships with the tool: it says nothing of whoever recorded. */
export type Shipped = {
  readonly probes: ReadonlySet<string>;
  readonly variants: ReadonlySet<string>;
  /** Metric ids, with their texts as they ship; the names of dimensions are among them. */
  readonly metrics: ReadonlyMap<string, { readonly label: string; readonly texts: ReadonlySet<string> }>;
  readonly dims: ReadonlySet<string>;
  /** Why a variant's number is an estimate. */
  readonly texts: ReadonlySet<string>;
  readonly findings: ReadonlyMap<string, string>;
};

const FIRST_UID = 1_000;

export const createRedactor = (shipped: Shipped): Redactor => {
  const pseudonyms = new Map<string, Map<string, string>>();

  const pseudonym = (kind: string, original: string): string => {
    if (original === '' || original === '?') return original;
    const known = pseudonyms.get(kind) ?? new Map<string, string>();
    pseudonyms.set(kind, known);
    const given = known.get(original) ?? `${kind}-${known.size + 1}`;
    known.set(original, given);
    return given;
  };
  const secret =
    (kind: string): Rule =>
    (original) =>
      pseudonym(kind, original);
  const listed =
    (safe: (word: string) => boolean, kind: string): Rule =>
    (original) =>
      safe(original) ? original : pseudonym(kind, original);

  const metricOf = (id: string): string => {
    if (id === '' || shipped.metrics.has(id) || isHostMetric(id)) return id;
    const [, source, device = '', what] = DEVICE_METRIC.exec(id) ?? [];
    if (source === undefined) return pseudonym('redacted.metric', id);
    return `${source}.${isDevice(device) ? device : pseudonym('device', device)}.${what}`;
  };

  /** Who is below whose limit stays to be seen. */
  const cgroupOf = (path: string): string => {
    const cut = path.lastIndexOf('/');
    if (path === '/' || path === '') return path;
    return `${cut <= 0 ? '' : cgroupOf(path.slice(0, cut))}/${pseudonym('cgroup', path)}`;
  };

  const limitOf = (file: string): string => {
    const name = file.slice(file.lastIndexOf('/') + 1);
    return isLimitFile(name)
      ? `${pseudonym('path', file.slice(0, -name.length))}/${name}`
      : pseudonym('path', file);
  };

  const text = listed((one) => isSafeText(one) || shipped.texts.has(one), 'text');
  const kept: Rule = (original) => original;

  /** By field. What is `kept` is one of few words that the schema knows. */
  const rules: Readonly<Record<string, Rule>> = {
    ...Object.fromEntries(KEPT_FIELDS.map((field) => [field, kept])),
    hostname: secret('host'),
    kernel: kernelVersion,
    arch: safeArch,
    version: toolVersion,
    bpftrace: toolVersion,
    session: secret('session'),
    filesystems: listed(isFilesystem, 'filesystem'),
    from: safeFormat,
    id: listed((id) => shipped.probes.has(id) || id === 'import' || id === 'host', 'probe'),
    probe: listed((id) => shipped.probes.has(id) || id === 'import' || id === 'host', 'probe'),
    variant: listed((id) => shipped.variants.has(id) || id === 'import', 'variant'),
    dims: listed((name) => shipped.dims.has(name), 'dimension'),
    comm: (comm) => kernelThread(comm) ?? pseudonym('process', comm),
    formerly: (comm) => kernelThread(comm) ?? pseudonym('process', comm),
    cmdline: secret('command'),
    cgroup: cgroupOf,
    cgroups: cgroupOf,
    path: cgroupOf,
    filePath: (path) => `/${pseudonym('path', path)}`,
    device: listed(isDevice, 'device'),
    nobody: text,
    cpuLimit: limitOf,
    memoryLimit: limitOf,
    metric: metricOf,
    mapFull: metricOf,
    imprecise: metricOf,
    uncounted: metricOf,
    histogramOf: metricOf,
    text: secret('mark'),
    reason: text,
    detail: text,
    shared: text,
    unnamed: text,
    uncovered: text,
    estimated: text,
  };

  /** A value of a field, and of all fields below it. */
  const change = <Value>(value: Value, field: string): Value => changed(value, field) as Value;

  const changed = (value: unknown, field: string): unknown => {
    if (typeof value === 'string') return (rules[field] ?? secret('text'))(value);
    if (Array.isArray(value)) return value.map((one) => changed(one, field));
    if (typeof value !== 'object' || value === null) return field === 'uid' ? userOf(value) : value;
    const isTable = TABLES.has(field) && !('hostname' in value);
    const nameOf = field === 'probeMs' ? (rules.probe as Rule) : metricOf;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) =>
        isTable
          ? [nameOf(name), changed(one, field)]
          : [name, changed(one, field === 'files' && name === 'path' ? 'filePath' : name)],
      ),
    );
  };

  const userOf = (uid: unknown): unknown =>
    typeof uid !== 'number' || uid === 0
      ? uid
      : FIRST_UID + Number(pseudonym('uid', String(uid)).slice('uid-'.length));

  return {
    record: (record) => change(record, 'record'),
    header: (header) => {
      const { selection, metrics, imported, ...rest } = header;
      const { comm, command } = selection;
      return {
        ...change(rest, 'header'),
        selection: {
          ...selection,
          comm: comm === null ? null : pseudonym('pattern', comm),
          command: command === null ? null : [pseudonym('command', command.join(' '))],
        },
        // Notes quote what stood in the source.
        ...(imported === undefined ? {} : { imported: { from: safeFormat(imported.from), notes: [] } }),
        metrics: metrics.map((metric) => {
          const id = metricOf(metric.id);
          const known = shipped.metrics.get(metric.id);
          return {
            ...change({ ...metric, id: '', label: '', help: '' }, 'metric'),
            id,
            label: known?.label ?? id.slice(id.lastIndexOf('.') + 1),
            help: known?.texts.has(metric.help) ? metric.help : '',
          };
        }),
      };
    },
    checkpoint: (part) => {
      const { session, ...rest } = part;
      if (session === undefined) return change(rest, 'checkpoint');
      const { insight, ...counted } = session;
      return {
        ...change(rest, 'checkpoint'),
        session: {
          ...change(counted, 'session'),
          insight: {
            ...insight,
            spikes: change(insight.spikes, 'spikes'),
            // Its texts quote what was found; what a finding is about is known by its id.
            findings: insight.findings
              .filter(({ id }) => shipped.findings.has(id))
              .map(({ id, title: _title, ...finding }) => ({
                ...change({ ...finding, evidence: [], missing: [], advice: [] }, 'finding'),
                id,
                title: shipped.findings.get(id) ?? id,
              })),
          },
        },
      };
    },
  };
};

type Rule = (original: string) => string;

/** Words of the schema, of which no other is read; and functions of the kernel, whose names are its own. */
const KEPT_FIELDS: readonly string[] = [
  'type format state kind scope unit probeMsBy costBasis severity memoryControl unrecorded name channel',
].flatMap((names) => names.split(' '));

/** Fields whose own fields are ids of metrics, or of probes. */
const TABLES: ReadonlySet<string> = new Set(
  [
    'counters deviceCounters host cgroups uncovered estimated probeMs totals counts partial grown early baselines hostEarly',
    'metrics histograms readings shared doubtUs over least unseen missed uncounted',
  ].flatMap((names) => names.split(' ')),
);
