/** Cases that signatures have opened: what has held, since when, and which became findings. */
import type { Cgroup } from '../../core/cgroup.ts';
import type { Entity } from '../../core/entity.ts';
import type { Place } from './place.ts';
import type { Signature } from './signature.ts';
import type { Stretch } from './stretch.ts';

export type Held = { sinceTick: number; lastTick: number; most: number; atUs: number };

export type Case = {
  readonly signature: Signature;
  /** null where no process is counted, and where it is about a control group or a place. */
  readonly suspect: Entity | null;
  /** The control group that it is about; null where it is about a process, or the host. */
  readonly cgroup: Cgroup | null;
  /** The device or the wait channel that it is about; null where it is about none. */
  readonly place: Place | null;
  /** Of a victim, the control group whose limit it ran into, as far as that is known. */
  limit: Cgroup | null;
  /** What those in it did of what its signature asks for, while it held. */
  readonly doers: Map<Entity, number>;
  readonly held: Map<string, Held>;
  /** What was counted while all that is required held: the evidence. */
  readonly stretch: Stretch;
  /** What was counted since, or before it did: becomes part of it once it does within a short time. */
  readonly pending: Stretch;
  pendingSinceUs: number;
  /** Conditions that could not be measured when it last held. */
  unknown: readonly string[];
  /** Ticks for which everything has held. */
  lasted: number;
  /** Sum of the anchor over the ticks that held: of several suspects of one thing the largest is meant. */
  weight: number;
  lastTick: number;
  startUs: number;
  endUs: number;
  named: boolean;
  readonly victims: Map<Entity, number>;
};

export type Cases = {
  readonly open: Map<string, Case>;
  readonly named: Case[];
  /** What holds of the host, whether there is a suspect or not: its onset may lie before any case. */
  readonly host: Map<string, Held>;
};

export const createCases = (): Cases => ({ open: new Map(), named: [], host: new Map() });
