/** One session on the screen, for as long as the user wants. */
import { createSessionShown, type SessionScreen } from './session-shown.ts';
import { openStage, type ScreenEnd, type StageOptions } from './stage.tsx';

export type ScreenOptions = SessionScreen & StageOptions;

export type ShownScreen = {
  readonly done: Promise<ScreenEnd>;
  close(): void;
  /** What was copied; to be printed afterwards, because no terminal says whether it took it. */
  copied(): readonly string[];
};

/** Its guarantee is that of the stage (stage.tsx). */
export const showScreen = (options: ScreenOptions): ShownScreen => {
  const stage = openStage(options, (opened) => createSessionShown(opened, options));
  return { done: stage.done, close: () => stage.end('quit'), copied: stage.clipboard.all };
};
