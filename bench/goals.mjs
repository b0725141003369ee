// What the tool is to reach, beside what others take for the same and what nothing can be below, from the figures of the parts.
const MIB = 1024 ** 2;
const percent = (value) => `${value.toFixed(1)} %`;
const mib = (bytes) => `${(bytes / MIB).toFixed(0)} MiB`;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const ms = (value) => `${value.toFixed(0)} ms`;

const peerOf = (figures, name) => figures.peers?.find((peer) => peer.name === name)?.cost ?? null;
const beside = (cost, what, show) => (cost === null ? '' : `${what} ${show}`);

/** `now` and `goal` are numbers of one unit; `more` where more is better. */
export const GOALS = [
  {
    part: 'startup',
    what: '`live`: first frame',
    goal: 500,
    show: ms,
    now: ({ paintMs }) => paintMs,
  },
  {
    part: 'startup',
    what: '`record`: recording',
    goal: 1_500,
    show: seconds,
    now: ({ recordMs }) => recordMs,
    floor: ({ bpftraceMs }) => `bpftrace attaching the same script: ${seconds(bpftraceMs)}`,
  },
  {
    part: 'running',
    what: 'own CPU, 500 active processes',
    goal: 2,
    show: percent,
    now: ({ own }) => own.cpuPercent,
    peer: (figures) => {
      const htop = peerOf(figures, 'htop');
      return beside(htop, 'htop', htop === null ? '' : percent(htop.cpuPercent));
    },
    floor: ({ floor }) => `Node.js painting: ${percent(floor.cpuPercent)}`,
  },
  {
    part: 'running',
    what: 'own memory, 500 active processes',
    goal: 120 * MIB,
    show: mib,
    now: ({ own }) => own.rssBytes,
    peer: (figures) => {
      const htop = peerOf(figures, 'htop');
      return beside(htop, 'htop', htop === null ? '' : mib(htop.rssBytes));
    },
    floor: ({ floor }) => `Node.js painting: ${mib(floor.rssBytes)}`,
  },
  {
    part: 'running',
    what: 'CPU of its tracer',
    goal: null,
    show: percent,
    now: ({ tracer }) => tracer.cpuPercent,
    floor: ({ bpftrace }) => `bpftrace, same script: ${percent(bpftrace.cpuPercent)}`,
  },
  { part: 'keys', what: 'a key to its frame', goal: 50, show: ms, now: ({ sort }) => sort.p95Ms },
  {
    part: 'replay',
    what: 'replay with insight, of JSON.parse',
    goal: 10,
    more: true,
    show: percent,
    now: ({ ofParsePercent }) => ofParsePercent,
  },
];

/** Rows of the one table. `kept` are the figures of each part, `before` those of the run before. */
export const goalRows = (kept, before) =>
  GOALS.flatMap(({ part, what, goal, more = false, show, now, peer, floor }) => {
    const figures = kept[part]?.figures;
    if (figures === undefined) return [];
    const value = now(figures);
    // Not measured by that run.
    if (value === undefined) return [];
    const earlier = before[part]?.figures;
    const last = earlier === undefined ? null : now(earlier);
    return [
      [
        what,
        goal === null ? '' : `${more ? '≥' : '≤'} ${show(goal)}`,
        peer?.(figures) ?? '',
        floor?.(figures) ?? '',
        show(value),
        goal === null ? '' : `${(more ? goal / value : value / goal).toFixed(2)} ×`,
        last === null ? '' : show(last),
      ],
    ];
  });

export const GOAL_HEAD = ['', 'goal', 'peer', 'floor', 'now', 'now to goal', 'the run before'];
