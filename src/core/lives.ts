/** Which life of a PID a fact is about: a PID that is reused is another entity, and facts may come late. */

import { noteCut } from './cut.ts';
import { createEntity, type Entity, entityId, UNKNOWN_COMM } from './entity.ts';
import { forgetPid } from './ledger.ts';
import type { ExitRecord, FilesRecord, ProcessRecord } from './record.ts';
import { sumIntoOthers } from './retire.ts';
import { hasRoomForProcess, holdText, leaveOut, textOf } from './room.ts';
import type { SessionState } from './state.ts';

export const foldProcess = (state: SessionState, record: ProcessRecord): void => {
  const entity = identify(state, record.pid, record.startMs, record.comm);
  if (entity === null) {
    leaveOut(state);
    return;
  }
  // It was seen alive, whatever was said of it before.
  if (state.owners.get(record.pid) !== entity && entity.startMs === record.startMs) revive(state, entity);
  entity.ppid = record.ppid ?? entity.ppid;
  entity.uid = record.uid ?? entity.uid;
  const before = textOf(entity);
  entity.cmdline = record.cmdline ?? entity.cmdline;
  entity.cgroup = record.cgroup ?? entity.cgroup;
  if (record.cgroup !== undefined) entity.cgroups = record.cgroups ?? [];
  entity.uncovered = record.uncovered ?? {};
  entity.own = record.own ?? false;
  entity.formerly = record.formerly ?? entity.formerly;
  entity.shared = record.shared ?? entity.shared;
  entity.version += 1;
  if (!holdText(state, before, textOf(entity))) forgetText(state, entity, before);
};

/** It keeps its name and what it counts. */
const forgetText = (state: SessionState, entity: Entity, before: number): void => {
  Object.assign(entity, {
    cmdline: null,
    cgroup: null,
    cgroups: [],
    uncovered: {},
    formerly: [],
    shared: null,
  });
  holdText(state, before, 0);
  leaveOut(state);
};

/** Of nobody who is known, nothing is said. */
export const foldFiles = (state: SessionState, { pid, startMs, files }: FilesRecord): void => {
  const owner = state.owners.get(pid);
  const entity =
    owner?.startMs === startMs || startMs === null ? owner : state.former.get(entityId(pid, startMs));
  if (entity === undefined) return;
  entity.files = files;
  entity.version += 1;
};

export const foldExit = (state: SessionState, record: ExitRecord): void => {
  const entity = identify(state, record.pid, record.startMs, record.comm);
  if (entity === null) {
    leaveOut(state);
    return;
  }
  entity.endedBootUs = record.bootUs;
  noteCut(state, entity.counts.keys());
  entity.own ||= record.own ?? false;
  entity.formerly = record.formerly ?? entity.formerly;
  entity.shared = record.shared ?? entity.shared;
  entity.version += 1;
};

/** The life whose keys were deleted is over: what this PID counts from now on is another process's. */
export const foldForget = (state: SessionState, pid: number): void => {
  forgetPid(state.baselines, pid, state.histograms.keys());
  const owner = state.owners.get(pid);
  if (owner === undefined || owner.endedBootUs === null) return;
  state.owners.delete(pid);
  state.former.set(owner.id, owner);
};

/**
 * Whoever has this PID now; what is counted before its name is known belongs to somebody all the same. null where there is
 * room for no more.
 */
export const ownerOf = (state: SessionState, pid: number): Entity | null => {
  const owner = state.owners.get(pid);
  if (owner !== undefined) return owner;
  if (!hasRoomForProcess(state)) return null;
  return own(state, createEntity(pid, null, UNKNOWN_COMM));
};

/**
 * The entity a fact is about: the present owner when it can be the same process, an earlier one when the fact came
 * late, otherwise a new one. Of two lives of a PID the one that started later owns it.
 */
const identify = (state: SessionState, pid: number, startMs: number | null, comm: string): Entity | null => {
  const former = startMs === null ? undefined : state.former.get(entityId(pid, startMs));
  if (former !== undefined) return former;
  const owner = state.owners.get(pid);
  if (owner === undefined)
    return hasRoomForProcess(state) ? own(state, createEntity(pid, startMs, comm)) : null;
  if (owner.startMs !== null && startMs !== null && owner.startMs !== startMs) {
    if (!hasRoomForProcess(state)) return null;
    const entity = createEntity(pid, startMs, comm);
    if (startMs < owner.startMs) {
      state.former.set(entity.id, entity);
      return entity;
    }
    owner.endedBootUs ??= state.bootUs;
    noteCut(state, owner.counts.keys());
    owner.version += 1;
    return own(state, entity);
  }
  if (owner.startMs === null && startMs !== null) {
    owner.startMs = startMs;
    owner.id = entityId(pid, startMs);
  }
  if (comm !== UNKNOWN_COMM) owner.comm = comm;
  owner.version += 1;
  return owner;
};

const revive = (state: SessionState, entity: Entity): void => {
  const { startMs } = state.owners.get(entity.pid) ?? entity;
  if (startMs !== null && startMs > (entity.startMs ?? 0)) return;
  entity.endedBootUs = null;
  entity.version += 1;
  own(state, entity);
};

const own = (state: SessionState, entity: Entity): Entity => {
  const before = state.owners.get(entity.pid);
  if (before !== undefined) state.former.set(before.id, before);
  // Two nameless lives of one PID cannot be distinguished by id: the older goes to `others`.
  const namesake = state.former.get(entity.id);
  if (namesake !== undefined && namesake !== entity) sumIntoOthers(state, namesake);
  state.former.delete(entity.id);
  state.owners.set(entity.pid, entity);
  return entity;
};
