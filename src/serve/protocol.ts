/** What the processes that listen and push, and their parent, say to each other. */
import type { Owner } from './drop-root.ts';
import type { Destination } from './post.ts';
import type { PushState } from './push-queue.ts';
import type { Page } from './server.ts';

export type Start = {
  readonly type: 'start';
  readonly host: string;
  readonly port: number;
  /** Clients may know the host by any name. */
  readonly anyName: boolean;
  /** Whom it becomes; null to stay who it is. */
  readonly owner: Owner | null;
};

export type Answer = { readonly type: 'answer'; readonly id: number; readonly page: Page };

export type Ask = {
  readonly type: 'ask';
  readonly id: number;
  readonly what: 'openmetrics' | 'plain' | 'health';
  /** Its own. */
  readonly cost: ListenerCost;
};

export type ListenerCost = { readonly cpuMs: number; readonly rssBytes: number };

export type Report =
  | Ask
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly why: string };

export type PushRequest =
  | { readonly type: 'start'; readonly owner: Owner | null; readonly destination: Destination }
  | { readonly type: 'page'; readonly text: string }
  | { readonly type: 'flush' };

export type PushReport =
  | { readonly type: 'ready' | 'taken' }
  | { readonly type: 'state' | 'flushed'; readonly state: PushState };
