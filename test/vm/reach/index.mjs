// `--only reach`: a guest without Node, from outside. This host watches it over ssh, it watches itself by the executable of the
// Debian package, and both must count the same; the package is installed, run and purged; and its power is cut.
import { writeBundle } from '../../../scripts/bundle/bundle.mjs';
import { writeDeb } from '../../../scripts/deb/deb.mjs';
import { bootGuest } from '../boot.mjs';
import { packageImage } from '../images.mjs';
import { tryCounts } from './counts.mjs';
import { createGuest } from './guest.mjs';
import { tryInstalled, tryPurged, tryTracing } from './package.mjs';
import { tryRestarts } from './restart.mjs';

/** Two tracers at once, and an executable of Node. */
const MEMORY_MIB = 2048;
const PATIENCE_MS = 60 * 60_000;

/** Resolves to null, or to what went wrong, as `bootGuest` does. */
export const tryReach = async ({ directory, rounds, onRow }) => {
  await writeBundle();
  const toolImage = packageImage(await writeDeb(process.arch));
  const guest = await createGuest();
  const over = new AbortController();
  const booted = bootGuest({
    directory,
    toolImage,
    memoryMebibytes: MEMORY_MIB,
    patienceMs: PATIENCE_MS,
    words: [`stallscope.key=${guest.key}`],
    sshPort: guest.port,
    signal: over.signal,
    onRow: ({ listening }) => guest.heard(listening),
  });
  try {
    for await (const row of trials(guest, rounds)) onRow({ bpftrace: '-', ...row });
    await guest.run('touch /run/over');
  } catch (error) {
    onRow({
      probe: 'reach',
      metric: 'all',
      expected: 'all trials',
      counted: error.message,
      verdict: 'failed',
    });
    over.abort();
  } finally {
    guest.close();
  }
  return booted;
};

async function* trials(guest, rounds) {
  const found = {};
  const as = (probe, rows) => labelled(probe, rows);
  await guest.untilBooted(1);
  yield* as('package', tryInstalled(guest, found));
  yield* as('reach', tryCounts(guest, found));
  yield* as('package', tryTracing(guest, found.recording));
  yield* as('package', tryPurged(guest, found));
  yield* as('reach', tryRestarts(guest, rounds));
}

async function* labelled(probe, rows) {
  for await (const row of rows) yield { probe, ...row };
}
