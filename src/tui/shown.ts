/** What can be on the screen: frames, and what keys and the mouse do to them. The terminal shows one such at a time. */
import type { Pane } from '../screen/compose.ts';
import type { Pointing } from '../screen/pointer.ts';
import type { Size } from '../screen/size.ts';

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

/** What makes views of one kind; a view is the same as long as nothing has changed. */
type Model<V> = Omit<Shown, 'get'> & { get(): V };

/** Composes a view when it is drawn, and no sooner. */
export const shownOf = <V extends { readonly size: Size }>(
  model: Model<V>,
  compose: (view: V) => readonly Pane[],
): Shown => {
  let drawn: V | null = null;
  let frame: Frame = { rows: 0, panes: () => [] };
  return {
    get: () => {
      const view = model.get();
      if (view !== drawn) frame = { rows: view.size.rows, panes: () => compose(view) };
      drawn = view;
      return frame;
    },
    subscribe: model.subscribe,
    press: model.press,
    point: model.point,
    resized: model.resized,
    stop: model.stop,
  };
};
