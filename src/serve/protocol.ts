/** What the process that listens and its parent say to each other. */
import type { Page } from './server.ts';

export type Start = {
  readonly type: 'start';
  readonly host: string;
  readonly port: number;
  /** Clients may know the host by any name. */
  readonly anyName: boolean;
  /** Whom it becomes; null to stay who it is. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
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
