/**
 * A recording without what is nobody else's business. Host names, process names, command lines, cgroup paths, users and
 * whatever people wrote become pseudonyms: the same thing always the same one, so that what belongs together still
 * does, and nothing that could be computed back. Numbers, times, probes and kernel facts stay.
 *
 * Names of kernel threads stay: they are the kernel's own. In texts of the tool (reasons, details) paths and known names
 * are replaced, the rest stays.
 */
import type { CheckpointEntity } from '../core/checkpoint-record.ts';
import type { CountedFile } from '../core/file-extents.ts';
import type { CgroupFacts, HeaderRecord, ProbeInUse, StreamRecord } from '../core/record.ts';
import type { WatchedCheckpoint } from '../insight/checkpoint.ts';
import type { Finding, Party } from '../insight/findings/finding.ts';

export type Redactor = {
  header(header: HeaderRecord): HeaderRecord;
  record(record: StreamRecord): StreamRecord;
  checkpoint(part: WatchedCheckpoint): WatchedCheckpoint;
};

const KTHREADD = 2;
/** Files of the kernel's own are everybody's. */
const PATH = /(?<![\w<])[~.]{0,2}\/(?!proc\/|sys\/)[^\s'"`,;:()[\]{}]+/g;
const LEAST_NAME = 3;
const FIRST_UID = 1_000;

const SHARED =
  'its PID was of more than one process within one interval: what each counted in it is not known';
export const createRedactor = (): Redactor => {
  const pseudonyms = new Map<string, Map<string, string>>();
  const kernelNames = new Set<string>();
  /** What must not stand in any text. */
  const secrets = new Map<string, string>();

  const pseudonym = (kind: string, original: string): string => {
    if (original === '' || original === '?') return original;
    const known = pseudonyms.get(kind) ?? new Map<string, string>();
    pseudonyms.set(kind, known);
    const given = known.get(original) ?? `${kind}-${known.size + 1}`;
    known.set(original, given);
    if (original.length >= LEAST_NAME) secrets.set(original, given);
    return given;
  };

  const commOf = (comm: string): string => (kernelNames.has(comm) ? comm : pseudonym('process', comm));

  const userOf = (uid: number | undefined): number | undefined => {
    if (uid === undefined || uid === 0) return uid;
    const known = pseudonyms.get('uid') ?? new Map<string, string>();
    pseudonyms.set('uid', known);
    const given = known.get(String(uid)) ?? String(FIRST_UID + known.size + 1);
    known.set(String(uid), given);
    return Number(given);
  };

  let sorted: readonly (readonly [string, string])[] = [];
  /** A path holds those above it. */
  const longestFirst = () => {
    if (sorted.length !== secrets.size) sorted = [...secrets].sort(([a], [b]) => b.length - a.length);
    return sorted;
  };

  const text = (original: string): string => {
    let out = original.replace(PATH, (path) => `/${pseudonym('path', path)}`);
    for (const [secret, given] of longestFirst())
      if (out.includes(secret)) out = out.replaceAll(secret, given);
    return out;
  };

  /** Units are named alone in what is advised. */
  const cgroupOf = (cgroup: string): string => {
    const cut = cgroup.lastIndexOf('/');
    if (cgroup === '/' || cut < 0) return cgroup;
    const own = pseudonym('cgroup', cgroup);
    // Who is below whose limit stays to be seen.
    const given = `${cut === 0 ? '' : cgroupOf(cgroup.slice(0, cut))}/${own}`;
    for (const part of cgroup.split('/')) if (/\.(?:service|scope)$/.test(part)) pseudonym('unit', part);
    return given;
  };

  const optional = <Value>(value: Value | undefined, change: (value: Value) => Value): Value | undefined =>
    value === undefined ? undefined : change(value);

  /** One process, in whatever record it stands. */
  const who = <Facts extends CheckpointEntity>(facts: Facts): Facts => {
    // Children of kthreadd run no program.
    if (facts.ppid === KTHREADD || facts.pid === KTHREADD) kernelNames.add(facts.comm);
    return {
      ...facts,
      comm: commOf(facts.comm),
      formerly: optional(facts.formerly, (names) => names.map(commOf)),
      shared: optional(facts.shared, () => SHARED),
      files: optional(facts.files, (files) => files.map(fileOf)),
      uid: userOf(facts.uid),
      cmdline: optional(facts.cmdline, (cmdline) => pseudonym('command', cmdline)),
      cgroup: optional(facts.cgroup, cgroupOf),
      cgroups: optional(facts.cgroups, (paths) => paths.map(cgroupOf)),
      uncovered: optional(facts.uncovered, (reasons) =>
        Object.fromEntries(Object.entries(reasons).map(([metric, reason]) => [metric, text(reason)])),
      ),
    };
  };

  /** The files of its limits have its path in their names. */
  const group = <Facts extends CgroupFacts>(facts: Facts): Facts => ({
    ...facts,
    path: cgroupOf(facts.path),
    cpuLimit: optional(facts.cpuLimit, (file) => limitOf(file, facts.path)),
    memoryLimit: optional(facts.memoryLimit, (file) => limitOf(file, facts.path)),
  });

  const limitOf = (file: string, path: string): string =>
    path === '/' ? file : file.replace(path, () => cgroupOf(path));

  const fileOf = (file: CountedFile): CountedFile => ({ ...file, path: `/${pseudonym('path', file.path)}` });

  /** A name may have blanks in it, where a path in a text ends. */
  const withoutFiles = (command: string, { files = [] }: Finding): string =>
    files.reduce((left, file) => left.replaceAll(file.path, () => fileOf(file).path), command);

  const probe = <Probe extends ProbeInUse>(one: Probe): Probe => ({
    ...one,
    reason: optional(one.reason, text),
  });

  const party = (one: Party): Party => ({ ...one, comm: commOf(one.comm) });

  const record = (one: StreamRecord): StreamRecord => {
    switch (one.type) {
      case 'process':
        return who(one);
      case 'files':
        return { ...one, files: one.files.map(fileOf) };
      case 'exit':
        return {
          ...one,
          comm: commOf(one.comm),
          formerly: optional(one.formerly, (names) => names.map(commOf)),
          shared: optional(one.shared, () => SHARED),
        };
      case 'cgroup':
        return group(one);
      case 'gap':
      case 'trailer':
        return { ...one, reason: text(one.reason) };
      case 'loss':
        // It is made of names.
        if (one.kind === 'shared-pid') return { ...one, detail: SHARED };
        return { ...one, detail: optional(one.detail, text) };
      case 'probe':
        return probe(one);
      case 'mark':
        return { ...one, text: pseudonym('mark', one.text) };
      case 'sample':
      case 'forget':
        return one;
    }
  };

  return {
    record,
    header: (header) => {
      const hostname = pseudonym('host', header.host.hostname);
      const { comm, command, pids, threads } = header.selection;
      return {
        ...header,
        session: optional(header.session, (session) => pseudonym('session', session)),
        host: { ...header.host, hostname },
        selection: {
          pids,
          ...(threads === undefined ? {} : { threads }),
          comm: comm === null ? null : pseudonym('pattern', comm),
          command: command === null ? null : [pseudonym('command', command.join(' '))],
        },
        // Notes quote what stood in the source.
        imported: optional(header.imported, ({ from }) => ({ from, notes: [] })),
        probes: header.probes.map(probe),
        metrics: header.metrics.map((metric) => ({
          ...metric,
          label: text(metric.label),
          help: text(metric.help),
        })),
      };
    },
    checkpoint: (part) => ({
      ...part,
      entities: part.entities.map(who),
      session: optional(part.session, (session) => ({
        ...session,
        cgroups: optional(session.cgroups, (cgroups) => cgroups.map(group)),
        probes: session.probes.map(probe),
        gaps: session.gaps.map((gap) => ({ ...gap, reason: text(gap.reason) })),
        marks: session.marks.map((mark) => ({ ...mark, text: pseudonym('mark', mark.text) })),
        insight: {
          ...session.insight,
          findings: session.insight.findings.map((finding) => ({
            ...finding,
            cgroup: optional(finding.cgroup, cgroupOf),
            suspect: finding.suspect === null ? null : party(finding.suspect),
            files: optional(finding.files, (files) => files.map(fileOf)),
            suspects: optional(finding.suspects, (suspects) => suspects.map(party)),
            victims: finding.victims.map(party),
            // Control groups and files are filled in.
            advice: finding.advice.map((advice) => ({
              ...advice,
              text: text(advice.text),
              ...(advice.command === undefined
                ? {}
                : { command: text(withoutFiles(advice.command, finding)) }),
            })),
          })),
          spikes: session.insight.spikes.map((spike) => ({
            ...spike,
            comm: spike.comm === null ? null : commOf(spike.comm),
          })),
        },
      })),
    }),
  };
};
