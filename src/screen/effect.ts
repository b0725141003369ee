/** What an action comes to: another state of the screen, and what is asked of the outside. */
import type { Chosen } from './keys/choices.ts';
import type { ColumnChoices, UiState } from './state.ts';

export type Effect =
  | {
      readonly type: 'quit' | 'interrupt' | 'suspend' | 'redraw' | 'hosts' | 'play' | 'hold' | 'latest';
    }
  | Chosen
  | { readonly type: 'step'; readonly samples: number }
  | { readonly type: 'speed'; readonly speed: number }
  | { readonly type: 'seek'; readonly bootUs: number; readonly toLook?: true }
  | { readonly type: 'mark' | 'say'; readonly text: string }
  | { readonly type: 'copy'; readonly what: 'finding' | 'command'; readonly text: string | null }
  | { readonly type: 'mouse'; readonly on: boolean }
  | { readonly type: 'remember'; readonly columns: ColumnChoices };

export type Outcome = { readonly ui: UiState; readonly effect: Effect | null };
