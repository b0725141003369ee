/**
 * The component tree: App reads keys and draws one Pane per part of the screen.
 *
 * A Pane hands Ink a block of blank lines of the right height and replaces each line when Ink writes it, through
 * Ink's own Transform. The lines are composed to the cell already, so Ink need not measure them; and it must not:
 * Ink 6.8 keeps every text it ever measured in a table without bound (build/measure-text.js). Neither need it take
 * them apart into cells: tui/terminal/frame-sink.ts says what that costs and how it is avoided.
 */
import { Box, type Key, Transform, useInput, useStdin } from 'ink';
import { memo, useEffect, useMemo, useSyncExternalStore } from 'react';
import type { Pane as PaneLines } from '../screen/compose.ts';
import { keyNames } from './key-names.ts';
import { rawInput } from './raw-input.ts';
import type { Shown } from './shown.ts';
import { paintLine, type Theme } from './theme.ts';

export type AppProps = {
  /** A finished line on its way to the terminal; see tui/terminal/frame-sink.ts. */
  readonly standIn: (line: string) => string;
  /** What is on the screen now. */
  readonly shown: { get(): Shown; subscribe(listener: () => void): () => void };
  readonly theme: Theme;
  readonly keyboard: boolean;
};

export const App = ({ shown, theme, keyboard, standIn }: AppProps) => {
  const model = useSyncExternalStore(shown.subscribe, shown.get);
  const frame = useSyncExternalStore(model.subscribe, model.get);
  const panes = useMemo(() => frame.panes(), [frame]);
  // One of the keys may change what is on the screen: the next is for what is there then.
  const take = (input: string, key: Key): void => {
    for (const name of keyNames(input, key)) shown.get().press(name);
  };
  useInput(take, { isActive: keyboard });
  useRawInput(shown, keyboard);
  return (
    <Box flexDirection="column" width={1} height={frame.rows}>
      {panes.map((pane) => (
        <Pane key={pane.id} lines={pane.lines} theme={theme} standIn={standIn} />
      ))}
    </Box>
  );
};

/** Function keys and the mouse, which `useInput` does not report. Its events come from the same place. */
const useRawInput = (shown: AppProps['shown'], isActive: boolean): void => {
  const { internal_eventEmitter: events } = useStdin();
  useEffect(() => {
    if (!isActive) return;
    const take = (sequence: string): void => {
      const raw = rawInput(sequence);
      if (raw?.type === 'key') shown.get().press(raw.name);
      else if (raw !== null) shown.get().point(raw.pointing);
    };
    events.on('input', take);
    return () => {
      events.off('input', take);
    };
  }, [events, shown, isActive]);
};

type PaneProps = Pick<AppProps, 'theme' | 'standIn'> & { readonly lines: PaneLines['lines'] };

const Pane = memo(({ lines, theme, standIn }: PaneProps) => {
  const painted = lines.map((line) => paintLine(line, theme));
  return (
    <Box height={lines.length} flexShrink={0}>
      <Transform transform={(_, index) => standIn(painted[index] ?? '')}>
        {blankLines(lines.length)}
      </Transform>
    </Box>
  );
});
Pane.displayName = 'Pane';

/** Something to draw on every line: Ink leaves out what is empty. */
const blankLines = (height: number): string => Array.from({ length: height }, () => ' ').join('\n');
