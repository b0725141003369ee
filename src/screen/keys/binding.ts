/** What a row of the key table is: where it counts, and what it asks for. */
import type { Focus, Page } from '../state.ts';

export type KeyContext =
  | 'anywhere'
  | 'table'
  | 'signals'
  | 'page'
  | 'list'
  | 'columns'
  | 'findings'
  | 'hosts'
  | 'live'
  | 'replay'
  | 'input';

export type Action =
  | { readonly type: 'quit' | 'interrupt' | 'suspend' | 'redraw' | 'hosts' }
  | {
      readonly type: 'move';
      readonly by: 'line' | 'page' | 'end';
      readonly direction: -1 | 1;
      readonly within?: Focus;
    }
  | { readonly type: 'select'; readonly id: string; readonly offset: number }
  | { readonly type: 'sort-by'; readonly sort: string }
  | { readonly type: 'sort' | 'arrange' | 'zoom' | 'pace'; readonly step: -1 | 1 }
  | {
      readonly type:
        | 'reverse'
        | 'values'
        | 'own'
        | 'ended'
        | 'clear'
        | 'back'
        | 'hold'
        | 'play'
        | 'latest'
        | 'focus';
    }
  | { readonly type: 'mouse' | 'choose' | 'choice-next' | 'choices-clear' }
  | { readonly type: 'show-finding' | 'record' | 'export' | 'extents' | 'threads' | 'baseline' }
  | { readonly type: 'open'; readonly page: Exclude<Page, 'table'> }
  | { readonly type: 'copy'; readonly what: 'finding' | 'command' }
  | { readonly type: 'probe'; readonly number: number }
  | { readonly type: 'input'; readonly kind: 'filter' | 'jump' | 'mark' }
  | { readonly type: 'step'; readonly samples: number }
  | { readonly type: 'cell'; readonly cells: number }
  | { readonly type: 'speed'; readonly factor: number }
  | { readonly type: 'accept' | 'cancel' | 'erase' | 'erase-all' }
  | { readonly type: 'type'; readonly text: string };

export type KeyBinding = {
  readonly id: string;
  /** As `keyNames` spells them. */
  readonly keys: readonly string[];
  readonly where: KeyContext;
  readonly help: string;
  /** Named in the status bar; the lowest rank is kept longest. */
  readonly hint?: { readonly text: string; readonly rank: number } | undefined;
  readonly action: Action;
};
