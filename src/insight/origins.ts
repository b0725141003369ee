/** Where the processes of a session stand: their parents, control groups, and the disks that they were seen to use. */
import { deviceName } from '../core/device.ts';
import type { Entity } from '../core/entity.ts';
import type { SessionState } from '../core/state.ts';
import { isStacked } from './findings/place.ts';
import type { Origin, OriginOf } from './routes.ts';

export const originsIn = (state: SessionState): OriginOf => {
  const known = new Map<string, Entity>();
  for (const entities of [state.former.values(), state.owners.values()])
    for (const entity of entities) known.set(`${entity.pid} ${entity.startMs}`, entity);
  const origins = new Map<string, Origin>();
  return ({ pid, startMs }) => {
    const who = `${pid} ${startMs}`;
    const origin = origins.get(who) ?? originOf(pid, known.get(who), state);
    origins.set(who, origin);
    return origin;
  };
};

const originOf = (pid: number | null, entity: Entity | undefined, state: SessionState): Origin => ({
  pid,
  ppid: entity?.ppid ?? null,
  cgroup: entity?.cgroup ?? null,
  devices: entity === undefined ? null : devicesOf(entity, state),
});

/**
 * What stands on another uses that too, and which it is nobody says; what a process writes is most often written back by a kernel
 * thread. So the disks are known only of who reads, and of disks that are named.
 */
const devicesOf = ({ parts, counts }: Entity, { header }: SessionState): ReadonlySet<string> | null => {
  if (WRITES.some((metric) => (counts.get(metric)?.total ?? 0) > 0)) return null;
  const names = [...(parts.get('disk.device_requests')?.values() ?? [])].map(({ key: [device = 0] }) =>
    deviceName(header.host.devices ?? [], device),
  );
  const isKnown = names.length > 0 && names.every(isDisk);
  return isKnown ? new Set(names) : null;
};

const WRITES = ['faults.write_bytes', 'sync.calls', 'inode.create'];

const isDisk = (name: string): boolean => !name.includes(':') && !isStacked({ kind: 'device', name });
