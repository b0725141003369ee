/** `record --host a,b,c`: a recording for each host, `out.ndjson` of db7 being `out.db7.ndjson`. */
import type { Address } from '../remote/address.ts';
import type { Context } from './context.ts';
import { fileOf } from './host-file.ts';
import type { HostWish } from './on-host.ts';
import { onEachHost } from './on-hosts.ts';
import { type RecordOptions, record } from './record.ts';

export const recordHosts = (
  context: Context,
  addresses: readonly Address[],
  wish: HostWish,
  options: RecordOptions,
): Promise<number> =>
  onEachHost(context, addresses, wish, (about, { name }) =>
    record(about, { ...options, output: fileOf(options.output, name) }),
  );
