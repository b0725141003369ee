/** What can be on the screen: frames, and what keys and the mouse do to them. The terminal shows one such at a time. */
import type { Pane } from '../screen/compose.ts';
import type { Pointing } from '../screen/pointer.ts';

export type Frame = {
  readonly rows: number;
  /** Composed when it is drawn, which not every frame is. */
  readonly panes: () => readonly Pane[];
};

export type Shown = {
  /** The same as long as nothing has changed. */
  get(): Frame;
  subscribe(listener: () => void): () => void;
  /** A key by its name. */
  press(key: string): void;
  point(pointing: Pointing): void;
  /** The terminal has another size now. */
  resized(): void;
  stop(): void;
};
