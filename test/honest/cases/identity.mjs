// Whose count it is: under which name, of which process, when numbers and names are used again, or are others' numbers
// in another namespace. What is judged is the name too.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasProgram, must, NotHere } from '../here.mjs';
import { everybody, exactly } from './claims.mjs';

const THREAD = fileURLToPath(new URL('../workloads/thread.py', import.meta.url));
const PYTHON = '/usr/bin/python3';
const TIMES = 200;

const laid = ({ root, programs }) => {
  const file = join(root, 'searched');
  must(programs.lay, file, 'whole', '16');
  return file;
};

/** A claim on a name, or on another word that the summary says. */
const says = (metric, name, truth, value, by) => ({
  metric,
  name,
  low: truth,
  high: truth,
  by,
  reported: {
    value: value ?? '',
    mark: value === null ? '–' : '=',
    bound: null,
    reason: value === null ? 'unnamed' : '',
  },
});

const rowOf = (summary, pid) => summary.pids.find((row) => row.pid === pid);
/** Everything a row says of names, but not the command line of now. */
const namesOf = (row) => JSON.stringify({ ...row, cmdline: null });

const renamedByExec = {
  id: 'identity exec under another name',
  part: 'ci',
  prepare: laid,
  work: async (stage, file) => {
    const account = await stage.start([stage.programs.seek, file, 'hole', 'exec', String(TIMES)]).ended;
    return (summary) => {
      const said = namesOf(rowOf(summary, account.pid));
      const both = /\bseek\b(?!-)/.test(said) && /\bseek-later\b/.test(said) ? 'both' : 'the last one';
      return [
        exactly(
          'iomap.seek_hole',
          { name: 'seek, later seek-later', who: { pid: account.pid } },
          TIMES,
          'its own account',
        ),
        says('name', 'seek, later seek-later', 'both', both, 'half was counted under each'),
      ];
    };
  },
};

const usedAgain = {
  id: 'identity a PID used again at once',
  part: 'ci',
  alone: true,
  prepare: laid,
  work: async (stage, file) => {
    const { seek, again } = stage.programs;
    const both = ['hole', 'each', '7', '--', `${seek}-later`, file, 'hole', 'each', '11'];
    const { all } = await stage.start([again, '31000', seek, file, ...both]).ended;
    const [first, second] = all.filter(({ seek_hole }) => seek_hole !== undefined);
    return (summary) => {
      const reported = summary.pids.filter(
        ({ pid, metrics }) => pid === first.pid && 'iomap.seek_hole' in metrics,
      );
      const by = 'its own account';
      if (reported.length === 2) {
        return [
          exactly('iomap.seek_hole', { name: 'seek', who: { pid: first.pid, comm: 'seek' } }, 7, by),
          exactly(
            'iomap.seek_hole',
            { name: 'seek-later', who: { pid: second.pid, comm: 'seek-later' } },
            11,
            by,
          ),
        ];
      }
      // One row is right only when it says so.
      const isTold = reported[0]?.shared !== undefined ? 'reported' : 'not reported';
      return [
        exactly('iomap.seek_hole', { name: 'both', who: { pid: first.pid } }, 18, by),
        says('two processes in one', `PID ${first.pid}`, 'reported', isTold, by),
      ];
    };
  },
};

const threadAsPid = {
  id: 'identity the number of a thread as --pid',
  alone: true,
  args: ({ tid }) => ['-p', String(tid)],
  prepare: async (stage) => {
    if (!existsSync(PYTHON)) throw new NotHere(`needs ${PYTHON}`);
    const actor = stage.start([PYTHON, THREAD, laid(stage), String(TIMES)]);
    await actor.ready;
    return { actor, ...JSON.parse(actor.said()) };
  },
  work: async (_, { actor, pid }) => {
    actor.stdin.end('go\n');
    await actor.ended;
    return [exactly('iomap.seek_hole', { name: 'its process', who: { pid } }, TIMES, 'its own account')];
  },
};

/** The tool runs in a PID namespace in which another process has the number of one outside. */
const inNamespace = {
  id: 'identity recorded inside a PID namespace',
  alone: true,
  args: ['-d', '6s'],
  through: ({ pid }) => [
    ...['unshare', '--pid', '--fork', '--mount-proc', 'sh', '-c'],
    `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid; sleep 30 & exec "$0" "$@"`,
  ],
  prepare: async (stage) => {
    if (!hasProgram('unshare')) throw new NotHere('needs unshare');
    const through = ['sh', '-c', 'read go; exec "$0" "$@"'];
    const actor = stage.start([stage.programs.seek, laid(stage), 'hole', 'each', String(TIMES)], { through });
    return { actor, pid: actor.pid };
  },
  work: async (_, { actor, pid }) => {
    actor.stdin.end('go\n');
    await actor.ended;
    return (summary) => {
      const rows = summary.pids.filter(({ metrics }) => metrics['iomap.seek_hole'] === TIMES);
      const row = rows[0];
      const name = row === undefined || /^(|\?|unnamed.*)$/.test(row.comm ?? '') ? null : row.comm;
      return [
        says('name', `PID ${pid} outside`, 'seek', row === undefined ? 'no row' : name, 'its own program'),
      ];
    };
  },
};

const CHILDREN = 200;

const fewKeys = {
  id: 'identity 200 children of a command, 64 keys',
  part: 'ci',
  alone: true,
  args: ({ command }) => ['--map-keys', '64', '--', ...command],
  prepare: (stage) => ({ command: [stage.programs.seek, laid(stage), 'hole', 'children', String(CHILDREN)] }),
  work: () => (summary) => [
    exactly('iomap.seek_hole', everybody('all of them'), CHILDREN, 'so many were reported to'),
    says(
      'living',
      'processes at the end',
      0,
      summary.pids.filter(({ comm, exited }) => comm === 'seek' && !exited).length,
      'all have ended',
    ),
  ],
};

const onlyByName = {
  id: 'identity chosen by name',
  alone: true,
  args: ['--comm', 'seek*'],
  prepare: laid,
  work: async (stage, file) => {
    const account = await stage.start([stage.programs.seek, file, 'hole', 'each', String(TIMES)]).ended;
    return [
      exactly('iomap.seek_hole', { name: 'seek', who: { pid: account.pid } }, TIMES, 'its own account'),
    ];
  },
};

export const identity = [renamedByExec, usedAgain, threadAsPid, inNamespace, fewKeys, onlyByName].map(
  (one) => ({
    probes: 'iomap',
    budgets: ['off'],
    ...one,
  }),
);
