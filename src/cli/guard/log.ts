/** `guard --log`: the kernel's log in place of a tracer. */

import { isSilent } from '../../guard/log/lines.ts';
import { openKmsg } from '../../guard/log/reader.ts';
import { createLogSource } from '../../guard/log/source.ts';
import { identityOf } from '../../host/identity.ts';
import { readCostOf } from '../../host/process.ts';
import { readHostFacts } from '../../host/read-facts.ts';
import { createHostSampler } from '../../host/sampler.ts';
import type { Context } from '../context.ts';
import type { Trace, TraceHooks, TraceOptions } from '../trace.ts';

const KMSG = '/dev/kmsg';

/** @throws E_KMSG, before anything is begun */
export const prepareLog = async (
  context: Context,
  { intervalMs }: TraceOptions,
  { status }: TraceHooks,
): Promise<Trace> => {
  const { files, machine, clock, version } = context;
  const facts = await readHostFacts(files, machine);
  openKmsg(KMSG).close();
  if (isSilent(facts.kernel) === true)
    status(
      `blind for xfs-alloc-deadlock: from Linux 6.9 on (this is ${facts.kernel}) the kernel logs nothing of it; without --log its waits are counted`,
    );
  const source = createLogSource({
    toolVersion: version,
    identity: identityOf(files, facts),
    clock,
    intervalMs,
    host: ((sampler) => ({ metrics: sampler.metrics, sample: sampler.read }))(createHostSampler(files)),
    open: () => openKmsg(KMSG),
    cost: () => readCostOf(files, process.pid) ?? { cpuMs: 0, rssBytes: 0 },
    onStatus: status,
  });
  return { source, workload: null, canary: null };
};
