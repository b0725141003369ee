/**
 * The alternate screen, entered and always left.
 *
 * Guarantee: whatever ends the process while the screen is entered (a normal end, an uncaught error,
 * `process.exit` anywhere), the terminal is handed back with its normal screen and scrollback, a visible cursor,
 * line wrap on, no colours, and the mouse its own. `leave` may be called any number of times. Raw mode belongs to whoever reads keys.
 *
 * Signals are not caught here: their owner calls `leave`, or exits and lets the exit hook do it.
 */
export type Screen = {
  enter(): void;
  leave(): void;
  /** Whether the terminal reports the mouse, now and when the screen is entered again. */
  takeMouse(on: boolean): void;
};

export type ScreenOutput = { write(text: string): unknown };

/** Wrap is off while we paint: a line measured one cell short can then never scroll the screen. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[H';
/** Cleared first: the Linux console, and GNU screen as it comes, have no second screen to leave. */
const LEAVE = '\x1b[0m\x1b[2J\x1b[H\x1b[?7h\x1b[?25h\x1b[?1049l';

/** Buttons and the wheel (1000), as text with no bound on the column (1006). */
const MOUSE_ON = '\x1b[?1000h\x1b[?1006h';
const MOUSE_OFF = '\x1b[?1006l\x1b[?1000l';

export const createScreen = (output: ScreenOutput): Screen => {
  let entered = false;
  let mouse = false;
  const leave = (): void => {
    if (!entered) return;
    entered = false;
    process.off('exit', leave);
    quietly(() => output.write((mouse ? MOUSE_OFF : '') + LEAVE));
  };
  const enter = (): void => {
    if (entered) return;
    entered = true;
    process.on('exit', leave);
    quietly(() => output.write(ENTER + (mouse ? MOUSE_ON : '')));
  };
  const takeMouse = (on: boolean): void => {
    if (entered && on !== mouse) quietly(() => output.write(on ? MOUSE_ON : MOUSE_OFF));
    mouse = on;
  };
  return { enter, leave, takeMouse };
};

/** A terminal that is gone cannot be restored, and that is not an error worth hiding the real one. */
const quietly = (act: () => void): void => {
  try {
    act();
  } catch {
    // the stream reports it to whoever owns it
  }
};
