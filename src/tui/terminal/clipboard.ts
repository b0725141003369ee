/**
 * The clipboard of the terminal, through OSC 52: it works across ssh, and nobody answers whether it did. So what was
 * copied is kept, to be printed once the screen is gone. The Linux console has no clipboard and would draw the bytes.
 */
export type Clipboard = {
  /** What was done, as words. */
  put(text: string): string;
  /** What was copied, the last last. */
  all(): readonly string[];
};

const MOST_KEPT = 10;
/** Terminals refuse more: xterm and tmux hold about 100 kB of base64. */
const MOST_BYTES = 64 * 1024;

export const createClipboard = (write: (text: string) => unknown, term: string | undefined): Clipboard => {
  let kept: readonly string[] = [];
  return {
    put: (text) => {
      kept = [...kept.filter((one) => one !== text), text].slice(-MOST_KEPT);
      const bytes = Buffer.from(text);
      if (term === 'linux' || bytes.length > MOST_BYTES) return 'printed when the screen ends';
      write(`\x1b]52;c;${bytes.toString('base64')}\x07`);
      return 'copied, if the terminal takes it (OSC 52); printed when the screen ends';
    },
    all: () => kept,
  };
};
