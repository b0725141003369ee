import type { Derivation } from '../../session/ports.ts';
import type { Manifest } from '../manifest.ts';
import type { Selected } from '../types.ts';
import { createIomapSteps } from './iomap-steps.ts';
import { createMissed } from './missed.ts';
import { createOpenWaits } from './open-waits.ts';

/** By the name that a variant's `derive` gives. */
const DERIVATIONS: Readonly<Record<string, (manifest: Manifest) => Derivation>> = {
  'iomap-steps': createIomapSteps,
  missed: createMissed,
  'open-waits': createOpenWaits,
};

export const derivationsOf = (selected: readonly Selected[]): Derivation[] =>
  selected.flatMap(({ manifest, variant }) => DERIVATIONS[variant?.derive ?? '']?.(manifest) ?? []);
