// When a recording by the tool has begun; also of the recordings of test/honest.
import { createInterface } from 'node:readline';

/**
 * Until the tool says that it records; what it says on stderr, before and after, goes to `said`.
 *
 * @throws Error with what it said, when it ended before, or had not begun by then and was killed
 */
export const untilReady = (child, limits) => untilSaid(child, 'stallscope: recording ', limits);

/** The same until a line of it begins so. */
export const untilSaid = async (child, beginning, { closed, said, limitMs }) => {
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (line.startsWith(beginning)) resolve(true);
    });
  });
  const begun = await Promise.race([ready, closed.then(() => false)]);
  clearTimeout(timer);
  if (!begun) throw new Error(`it did not begin: ${said.join(' | ')}`);
};
