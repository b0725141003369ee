/**
 * What helps, for this host and this suspect: only what applies here is proposed, with PID, control group and amounts
 * filled in, so that it can be typed as it stands. Names come from the traced machine, and are quoted for a shell.
 */
import type { Entity } from '../../core/entity.ts';
import type { SessionState } from '../../core/state.ts';
import { cgroupWords } from './cgroup-advice.ts';
import { type Advice, worstFileOf } from './finding.ts';
import { isStacked } from './place.ts';
import type { AdviceTemplate, HostTrait } from './signature.ts';
import type { Subject } from './stretch.ts';

export const fillIn = (
  templates: readonly AdviceTemplate[],
  suspects: readonly Entity[],
  state: SessionState,
  about: About = { cgroup: null, place: null },
): Advice[] => {
  const facts = factsOf(suspects[0], state, about);
  return templates
    .filter(({ when = [] }) => when.every((trait) => facts.traits.has(trait)))
    .map(({ text, command, risk }) => ({
      text: fill(text, facts.words),
      ...(command === undefined ? {} : { command: fill(named(command, facts.words), facts.words) }),
      ...(risk === undefined ? {} : { risk: fill(risk, facts.words) }),
    }));
};

/** What a failure is about, beside processes. */
type About = Pick<Subject, 'cgroup' | 'place'> & { readonly victims?: readonly Entity[] };
type Words = Readonly<Record<string, string | undefined>>;
type Facts = { readonly traits: ReadonlySet<HostTrait>; readonly words: Words };

const fill = (text: string, words: Words): string =>
  text.replace(/\{(\w+)\}/g, (_, word: string) => words[word] ?? word.toUpperCase());

/** Commands that were written for any host name a PID and a UNIT as such. */
const named = (command: string, { pid, unit }: Words): string =>
  command.replace(/\bPID\b/g, pid ?? 'PID').replace(/\bUNIT\b/g, unit ?? 'UNIT');

const factsOf = (
  suspect: Entity | undefined,
  state: SessionState,
  { cgroup, place, victims = [] }: About,
): Facts => {
  const group = cgroupWords(cgroup, state);
  const unit = unitOf(suspect?.cgroup ?? null);
  const path = pathOf(suspect?.cgroup ?? null);
  const bound = boundOf(suspect, state);
  const reserve = reserveOf(state);
  const { swappiness, memoryControl } = state.header.host;
  const has: Partial<Record<HostTrait, boolean>> = {
    ...fileSystemTraits(suspect, state),
    unit: unit !== null,
    'no-unit': unit === null,
    'cgroup-path': path !== null,
    'no-cgroup': path === null,
    'cgroup-v1': memoryControl === 'v1',
    'cgroup-v2': memoryControl !== 'v1',
    boundable: bound !== null && suspect !== undefined,
    qemu: suspect !== undefined && IS_QEMU.test(suspect.comm),
    'not-qemu': suspect === undefined || !IS_QEMU.test(suspect.comm),
    numa: nodesOf(state) > 1,
    swap: (state.host.get('swap.free')?.last ?? 1) > 0,
    'swappiness-low': swappiness !== undefined && swappiness < LOW_SWAPPINESS,
    'swappiness-unknown': swappiness === undefined,
    'room-for-reserve': reserve !== null && reserve.proposed >= reserve.current * LEAST_RAISE,
    'reserve-unknown': reserve === null,
    'own-disk': place?.kind === 'device' && !isStacked(place),
    waiter: victims.length > 0,
    accused: suspect !== undefined,
    frozen: place?.kind === 'channel' && AWAITS_THAW.test(place.name),
    ...group.traits,
  };
  return {
    traits: new Set((Object.keys(has) as HostTrait[]).filter((trait) => has[trait] === true)),
    words: {
      pid: suspect === undefined ? undefined : String(suspect.pid),
      unit: unit === null ? undefined : quoted(unit),
      cgroup: path === null ? undefined : quoted(path),
      file: fileOf(suspect),
      [place?.kind ?? 'device']: place === null ? undefined : quoted(place.name),
      waiter: victims[0] === undefined ? undefined : String(victims[0].pid),
      bound: bound === null ? undefined : sizeText(bound),
      reserve: reserve === null ? undefined : String(reserve.proposed),
      reserveNow: reserve === null ? undefined : String(reserve.current),
      reserveMost:
        state.header.host.memoryBytes === 0
          ? undefined
          : String(Math.floor(state.header.host.memoryBytes / 1024 / MOST_RESERVED)),
      swappiness: swappiness === undefined ? undefined : String(swappiness),
      ...mapped(group.words, quoted),
    },
  };
};

/** Who writes to a file system that was frozen waits here. */
const AWAITS_THAW = /^(?:percpu_rwsem_wait|__?sb_start_write|mnt_want_write|__percpu_down_read)/;

const mapped = (words: Words, change: (word: string) => string): Words =>
  Object.fromEntries(
    Object.entries(words).map(([name, word]) => [name, word === undefined ? undefined : change(word)]),
  );

const IS_QEMU = /^(?:qemu|kvm|CPU \d+\/KVM)/;

/** Where steps are counted, what is mounted here; a process without them searches on something that has none. */
const fileSystemTraits = (
  suspect: Entity | undefined,
  state: SessionState,
): Partial<Record<HostTrait, boolean>> => {
  if (suspect !== undefined && isStepless(suspect, state)) {
    const listed = state.header.host.filesystems;
    return { btrfs: listed === undefined || listed.includes('btrfs'), 'other-fs': true, stepless: true };
  }
  const { host } = state.header;
  const mounted = (type: string): boolean =>
    host.filesystems === undefined || host.filesystems.includes(type);
  return {
    stepped: true,
    xfs: mounted('xfs'),
    ext4: mounted('ext4'),
    btrfs: mounted('btrfs'),
    'other-fs': ['tmpfs', 'nfs', 'nfs4', 'btrfs'].some(mounted),
  };
};

/** It searches, and no step is counted though they are here: its files are on neither XFS nor ext4. */
const isStepless = ({ counts }: Entity, { metrics, uncounted }: SessionState): boolean =>
  counts.has('iomap.seek_hole') &&
  !counts.has('iomap.iter') &&
  metrics.has('iomap.iter') &&
  !uncounted.has('iomap.iter');

/** What systemd can be asked to bound: the innermost service or scope; what lies below is the service's own affair. */
const unitOf = (cgroup: string | null): string | null =>
  pathOf(cgroup)
    ?.split('/')
    .findLast((part) => /\.(?:service|scope)$/.test(part)) ?? null;

/** The group of all processes that nobody put anywhere can not be bounded. */
const pathOf = (cgroup: string | null): string | null =>
  cgroup === null || cgroup === '/' || cgroup === '/init.scope' || /\p{Cc}|\.\./u.test(cgroup)
    ? null
    : cgroup;

/** What bears a control character cannot be typed; with a quote in it, it could not be found again by whoever redacts. */
const fileOf = (suspect: Entity | undefined): string => {
  const path = worstFileOf(suspect?.files)?.path;
  return path === undefined || /\p{Cc}|'/u.test(path) ? 'FILE' : quoted(path);
};

const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const MIB = 2 ** 20;
const BOUND_SHARE = 0.25;
const MOST_BOUND_SHARE = 0.75;

/** A quarter of memory, but never below what it holds of its own, which could only be swapped out; null: too little is left. */
const boundOf = (suspect: Entity | undefined, { header }: SessionState): number | null => {
  const { memoryBytes } = header.host;
  const own = suspect?.counts.get('proc.anon_bytes')?.total ?? 0;
  const bound = Math.max(memoryBytes * BOUND_SHARE, own * 1.5 + 32 * MIB);
  return bound <= memoryBytes * MOST_BOUND_SHARE ? Math.round(bound / MIB) * MIB : null;
};

const sizeText = (bytes: number): string => {
  const mib = Math.round(bytes / MIB);
  return mib >= 8 * 1024 ? `${Math.round(mib / 1024)}G` : `${mib}M`;
};

const LOW_SWAPPINESS = 30;
/** The reserve is at most so many parts of memory: far too much of it makes the machine reclaim all the time. */
const MOST_RESERVED = 50;
const LEAST_RAISE = 1.25;
const PAGE_KIB = 4;

/** Twice of what is kept free now, in KiB; null where that is not known. */
const reserveOf = ({ header, host }: SessionState): { current: number; proposed: number } | null => {
  let watermarks = 0;
  for (const [metric, { last }] of host)
    if (/^zone\.\d+\..+\.min$/.test(metric)) watermarks += last * PAGE_KIB;
  const current = header.host.minFreeKb ?? Math.round(watermarks);
  if (current === 0) return null;
  const most = header.host.memoryBytes / 1024 / MOST_RESERVED;
  return { current, proposed: Math.floor(Math.min(2 * current, most)) };
};

const nodesOf = ({ metrics }: SessionState): number => {
  const nodes = new Set<string>();
  for (const id of metrics.keys()) {
    const node = /^zone\.(\d+)\./.exec(id)?.[1];
    if (node !== undefined) nodes.add(node);
  }
  return nodes.size;
};
