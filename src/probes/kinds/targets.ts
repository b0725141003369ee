/** The finders there are, and what they find for the probes of a session. */
import { pythonApiFinder, pythonUsdtFinder } from '../../host/python/finders.ts';
import { findTargets, type TargetFinder, type TargetRequest, type Targets } from '../../host/targets.ts';
import type { Manifest } from '../manifest.ts';

/** One for each word that a manifest may name as `target.finder`. */
const FINDERS: readonly TargetFinder[] = [pythonUsdtFinder, pythonApiFinder];

/** Asks the finders that these probes name, and no other: looking for files takes time. */
export const targetsFor = (manifests: readonly Manifest[], request: TargetRequest): Promise<Targets> => {
  const named = new Set(manifests.flatMap(({ variants }) => variants.map(({ target }) => target?.finder)));
  return findTargets(
    FINDERS.filter(({ name }) => named.has(name)),
    request,
  );
};

/** For commands that trace nobody yet. */
export const anyProgram = ({ files, env }: Pick<TargetRequest, 'files' | 'env'>): TargetRequest => ({
  ...{ files, env },
  ...{ pids: [], command: null },
});
