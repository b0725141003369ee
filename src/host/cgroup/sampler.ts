/**
 * The control groups of a host that have a limit, with what the kernel counts of each. They are found by the processes
 * in them: their groups and all above those. Limits can be set and lifted at any time, so those without one are looked at
 * again in turns; what has none costs nothing else. A group that is removed and made again under the same name is another.
 *
 * At most `MAX_FOLLOWED` are read at a time. Where more have limits, those that were longest without running into theirs
 * give way to those that do.
 */
import { createLru } from '../../core/lru.ts';
import type { CgroupFacts, CounterEntry } from '../../core/record.ts';
import type { CgroupsRead } from '../../session/ports.ts';
import type { HostFiles } from '../files.ts';
import type { Values } from './files.ts';
import { factsOf, findGroup, type Group, hitsOf, limitsOf, valuesOf } from './group.ts';
import { readHierarchies } from './hierarchy.ts';

export type CgroupSampler = {
  /** These groups have processes. */
  note(paths: readonly (string | undefined)[]): void;
  read(): CgroupsRead;
};

const MAX_FOLLOWED = 48;
const MAX_KNOWN = 4_096;
/** Of those that are not followed. */
const LOOKS_A_SAMPLE = 6;
/** Of those that were just heard of. */
const NEW_A_SAMPLE = 32;

/** One that is there. */
type Seen = Group & {
  /** Its files that are there, and say something. */
  readonly files: ReadonlySet<string>;
  /** When it last ran into a limit, in readings; and how often it had, all its life. */
  hitAt: number;
  hits: number | null;
};

type Followed = Seen & { readonly facts: CgroupFacts; readonly limits: string };

export const createCgroupSampler = (files: HostFiles): CgroupSampler => {
  const hierarchies = readHierarchies(files);
  const held = files.openStatFiles();
  /** By path; null for one that was only heard of. */
  const known = createLru<string, Seen | null>(MAX_KNOWN);
  const followed = new Map<string, Followed>();
  const fresh = new Set<string>();
  let turn: string[] = [];
  let reading = 0;
  let lastId = 0;

  const note: CgroupSampler['note'] = (paths) => {
    if (hierarchies.unified === null && hierarchies.version1.size === 0) return;
    for (const path of paths) {
      for (const one of path === undefined ? [] : withParents(path)) {
        if (known.get(one) !== undefined || followed.has(one)) continue;
        known.set(one, null);
        fresh.add(one);
      }
    }
  };

  const look = (path: string): { readonly group: Seen; readonly values: Values } | null => {
    const group = findGroup(files, hierarchies, path);
    if (group === null) return null;
    const before = known.get(path);
    const there = new Set<string>();
    const values = valuesOf((file) => {
      const text = files.text(file);
      // What is empty reads as gone from then on: io.max of a group whose I/O has no limit.
      if (text !== null && text !== '') there.add(file);
      return text;
    }, group);
    const hits = hitsOf(values);
    const hitAt = before?.life === group.life && before.hits !== null && hits > before.hits ? reading : -1;
    return { group: { ...group, files: there, hitAt: Math.max(hitAt, before?.hitAt ?? -1), hits }, values };
  };

  /** What its files say, held open since it is followed; null when it is gone, whatever has its name by now. */
  const readFollowed = (one: Followed): Values | null => {
    let isGone = false;
    const values = valuesOf((file) => {
      if (isGone || !one.files.has(file)) return null;
      const text = held.kept(file);
      isGone = text === null;
      return text;
    }, one);
    return isGone ? null : values;
  };

  /** Room for one that ran into its limit, and for any while there is some. */
  const makeRoom = ({ hitAt }: Seen): Followed | null | 'full' => {
    if (followed.size < MAX_FOLLOWED) return null;
    if (hitAt < 0) return 'full';
    const [stillest] = [...followed.values()].sort((a, b) => a.hitAt - b.hitAt);
    return stillest !== undefined && stillest.hitAt < hitAt ? stillest : 'full';
  };

  return {
    note,
    read: () => {
      reading += 1;
      const begun: CgroupFacts[] = [];
      const ended: CgroupFacts[] = [];
      const values = new Map<string, CounterEntry[]>();
      const report = (id: number, read: Values): void => {
        for (const [metric, value] of Object.entries(read)) {
          const entries = values.get(metric) ?? [];
          values.set(metric, entries);
          entries.push([id, value]);
        }
      };
      const drop = (one: Followed): void => {
        followed.delete(one.path);
        known.set(one.path, null);
        ended.push(one.facts);
      };
      const follow = (group: Seen, read: Values): void => {
        const room = makeRoom(group);
        if (room === 'full') return;
        if (room !== null) drop(room);
        lastId += 1;
        const facts = factsOf(lastId, group, read);
        begun.push(facts);
        followed.set(group.path, { ...group, facts, limits: limitsOf(read) });
        report(lastId, read);
      };

      for (const one of [...followed.values()]) {
        const read = readFollowed(one);
        // One that got another limit, or lost one, is followed anew.
        if (read === null || limitsOf(read) !== one.limits) {
          drop(one);
          fresh.add(one.path);
          continue;
        }
        const hits = hitsOf(read);
        if (one.hits !== null && hits > one.hits) one.hitAt = reading;
        one.hits = hits;
        report(one.facts.id, read);
      }
      const news = [...fresh].slice(0, NEW_A_SAMPLE);
      const due = [...news, ...nextOf(turn, LOOKS_A_SAMPLE)];
      if (turn.length === 0) turn = [...known.keys()];
      for (const path of news) fresh.delete(path);
      for (const path of new Set(due)) {
        if (followed.has(path)) continue;
        const found = look(path);
        if (found === null) known.delete(path);
        else {
          known.set(path, found.group);
          if (limitsOf(found.values) !== '') follow(found.group, found.values);
        }
      }
      return { begun, ended, values };
    },
  };
};

/** `/a/b`, `/a` and `/`: a limit bounds all below it. */
const withParents = (path: string): string[] => {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
};

const nextOf = (turn: string[], count: number): string[] => turn.splice(0, count);
