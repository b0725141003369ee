// What a trial has made of mounts, groups and processes is undone in reverse order, once, however the trial ends:
// at its end, by an error, by Ctrl-C.

const undo = [];

/** Remembers how to undo what was just done; the steps must not wait for anything. */
export const later = (step) => {
  undo.push(step);
};

/** Undoes all that was done since `mark` (of `marked`), the last first. */
export const tidyUp = (mark = 0) => {
  while (undo.length > mark) {
    const step = undo.pop();
    try {
      step();
    } catch (error) {
      process.stderr.write(`honest: left behind: ${error.message}\n`);
    }
  }
};

export const marked = () => undo.length;

export const tidyOnSignals = () => {
  const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  for (const [signal, status] of Object.entries(STATUS)) {
    process.on(signal, () => {
      process.stderr.write(`honest: ${signal}: cleaning up\n`);
      tidyUp();
      process.exit(status);
    });
  }
};
