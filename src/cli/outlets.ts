/** What others see of a session while it runs: what they scrape, and what is pushed to them. */

import type { StreamRecord } from '../core/record.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import type { Destination } from '../serve/post.ts';
import type { Context } from './context.ts';
import { type Address, type MoreFamilies, startListener } from './listen.ts';
import { startPusher } from './push.ts';

/** To be called with every sample. */
export type Outlet = { sample(snapshot: WatchedSnapshot): void; close(): void | Promise<void> };

type About = {
  readonly status: (text: string) => void;
  readonly families?: MoreFamilies | undefined;
};

export const outletsOf = async (
  context: Context,
  { listen = null, push = null }: { readonly listen?: Address | null; readonly push?: Destination | null },
  { status, families }: About,
): Promise<readonly Outlet[]> => {
  const outlets: Outlet[] = [];
  try {
    if (listen !== null) {
      const listener = await startListener(context, listen, status, families);
      outlets.push(listener);
      status(`metrics at ${listener.url}`);
    }
    if (push !== null) outlets.push(await startPusher(context, push, status));
    return outlets;
  } catch (error) {
    await closeAll(outlets);
    throw error;
  }
};

export const closeAll = async (outlets: readonly Outlet[]): Promise<void> => {
  await Promise.all(outlets.map((outlet) => outlet.close()));
};

type Hooks = {
  readonly onSample?: (snapshot: WatchedSnapshot, record: StreamRecord) => void;
};

export const published = <Of extends Hooks>(hooks: Of, outlets: readonly Outlet[]): Of =>
  outlets.length === 0
    ? hooks
    : {
        ...hooks,
        onSample: (snapshot, record) => {
          hooks.onSample?.(snapshot, record);
          if (record.type === 'sample') for (const outlet of outlets) outlet.sample(snapshot);
        },
      };
