// The Debian package, in a guest that has no Node: installed, run as a user runs it, and purged without a trace.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from '../../../scripts/root.mjs';
import { exactly } from '../guest/claims.mjs';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const LIVE = '/run/live';
const CHURN = 23;
/** What it is watched for: its work comes when it has begun. */
const LIVE_FOR = '300s';
const SCREEN_S = 120;

/** All but what dpkg keeps about packages, and what others write. */
const FILES = `find / -xdev \\( -path /var/lib/dpkg -o -path /var/log -o -path /var/cache -o -path /var/tmp -o -path /tmp -o -path /root -o -path /usr/local/bin \\) -prune -o -print | sort`;

/** @returns how the disk was, for the purge */
export async function* tryInstalled(guest, before) {
  before.files = await guest.run(FILES);
  await guest.run('dpkg --install /tool/stallscope.deb');
  yield row('--version', version, (await guest.run('stallscope --version')).trim());
  const demo = (await guest.run('stallscope demo --json --speed max')).trim().split('\n');
  yield row(
    'demo --json',
    'more than 50 lines',
    demo.length > 50 ? 'more than 50 lines' : `${demo.length} lines`,
  );
  // A key that is shown has a colour of its own.
  const shown = stripVTControlCharacters(await screenOf(guest, 'stallscope demo'));
  const isShown = /REPLAY/.test(shown) && /q quit/.test(shown);
  yield row('demo on a terminal', 'REPLAY … q quit', isShown ? 'REPLAY … q quit' : shown.slice(-200));
}

/** A live trace counts what is done meanwhile; a recording made there is replayed there, to the count known of `pid`. */
export async function* tryTracing(guest, { recording, pid, created }) {
  const live = await liveCounts(guest);
  yield exactly('live: inode.create', CHURN, lastOf(live.lines, live.pid), `${live.lines.length} lines`);
  yield exactly('live: exit status', 143, live.status, 'SIGTERM');
  const lines = (await guest.run(`stallscope replay ${recording} --json --speed max`)).trim().split('\n');
  yield exactly('replay: inode.create', created, lastOf(lines, pid), `${lines.length} lines`);
}

export async function* tryPurged(guest, { files }) {
  await guest.run('dpkg --purge stallscope');
  const after = new Set((await guest.run(FILES)).split('\n'));
  const known = new Set(files.split('\n'));
  const left = [...after].filter((file) => !known.has(file));
  const missing = [...known].filter((file) => !after.has(file));
  yield row('purged: files left', 'none', left.join(' ') || 'none');
  yield row('purged: files missing', 'none', missing.join(' ') || 'none');
}

const liveCounts = async (guest) => {
  const text = await guest.run(`rm -f ${LIVE}.*
sh -c 'exec stallscope live --json --force --budget off --attach-timeout 7m --probe inode -d ${LIVE_FOR}' >${LIVE}.out 2>${LIVE}.err </dev/null & l=$!
n=0
until grep -q '"type":"interval"' ${LIVE}.out || [ $n = 480 ]; do sleep 1; n=$((n + 1)); done
perl /tool/workloads/churn.pl /var/tmp ${CHURN} & p=$!
wait $p
sleep 6
kill -TERM $l
wait $l
echo "$? $p"
cat ${LIVE}.out`);
  const [first, ...lines] = text.trim().split('\n');
  const [status, pid] = first.split(' ').map(Number);
  return { status, pid, lines };
};

/** What the last line that has it says of the process. */
const lastOf = (lines, pid) =>
  lines
    .map((line) => JSON.parse(line))
    .flatMap(({ pids = [] }) => pids.filter((one) => one.pid === pid))
    .at(-1)?.total['inode.create'];

/** Of a terminal in the guest, until its program has ended by `q`. */
const screenOf = (guest, command) =>
  guest.run(`( n=0
until grep -q REPLAY /run/screen || [ $n = ${SCREEN_S} ]; do sleep 1; n=$((n + 1)); done; sleep 5; printf q; sleep 5 ) |
TERM=xterm-256color script -qfec 'stty cols 100 rows 30; ${command}' /run/screen >/dev/null
cat /run/screen`);

const row = (metric, expected, counted) => ({
  metric,
  expected,
  counted,
  verdict: counted === expected ? 'passed' : 'failed',
});
