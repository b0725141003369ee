/**
 * The one catalogue of what can go wrong. A StallscopeError serves three readers: the user (what happened, the
 * fact seen, what to do next), the script (`code` and exit status) and the developer (`cause`).
 * docs/errors.md is generated from this table and a test holds them together.
 */
import { constants } from 'node:os';
import { distance } from 'fastest-levenshtein';
import { asMessage } from './core/safe-text.ts';

const { signals } = constants;

export const EXIT = {
  ok: 0,
  usage: 2,
  environment: 3,
  probe: 4,
  recording: 5,
  remote: 6,
  bug: 70,
  output: 74,
  // As a shell reports a process that a signal ended.
  sighup: 128 + signals.SIGHUP,
  sigint: 128 + signals.SIGINT,
  sigquit: 128 + signals.SIGQUIT,
  sigterm: 128 + signals.SIGTERM,
} as const;

type Entry = { readonly exit: number; readonly what: string; readonly next: string };

/** `{name}` in `what` and `next` is filled from the facts the caller gives. */
export const ERRORS = {
  // usage, exit 2
  E_USAGE: { exit: EXIT.usage, what: '{fact}', next: 'See: {command} --help' },
  E_UNKNOWN_PROBE: {
    exit: EXIT.usage,
    what: 'There is no probe "{name}".{nearest}',
    next: 'List the probes: stallscope probes list',
  },
  E_UNKNOWN_VARIANT: {
    exit: EXIT.usage,
    what: 'The probe "{probe}" has no variant "{name}".{nearest}',
    next: 'List its variants: stallscope probes show {probe}',
  },
  E_UNKNOWN_METRIC: {
    exit: EXIT.usage,
    what: 'There is no metric "{name}".{nearest}',
    next: 'List the metrics of each probe: stallscope probes list',
  },
  E_CONFIG: {
    exit: EXIT.usage,
    what: '{path} cannot be used: {why}.',
    next: 'Fix it, or move it away: mv {path} {path}.old',
  },
  E_COUNT: {
    exit: EXIT.usage,
    what: '--count {value} cannot be used: {why}.',
    next: '{next}',
  },
  E_PROGRAM: {
    exit: EXIT.usage,
    what: '{path} cannot be probed: {why}.',
    next: 'Look at it: ls -lL {path}',
  },
  E_NO_SYMBOL: {
    exit: EXIT.usage,
    what: '{path} cannot be probed: {why}.',
    next: '{next}',
  },
  E_DURATION: {
    exit: EXIT.usage,
    what: '"{value}" is not a duration for {option}: {why}.',
    next: 'Write it as a number and a unit: 500ms, 10s, 5m, 2h',
  },
  E_TIME: {
    exit: EXIT.usage,
    what: '"{value}" is not a time in this recording: {why}.',
    next: 'Write it as 14:02, 14:02:30, "3m ago", +90s from the start, or an ISO time',
  },
  E_NUMBER: { exit: EXIT.usage, what: '"{value}" is not valid for {option}: {why}.', next: '{next}' },
  E_PID_GONE: {
    exit: EXIT.usage,
    what: 'There is no process {pid} (no /proc/{pid}).',
    next: 'Find it by name: pgrep -a NAME, or trace by name: stallscope --comm GLOB',
  },
  E_CMD_NOT_FOUND: {
    exit: EXIT.usage,
    what: 'The command "{name}" was not found ({where}).',
    next: 'Give its full path after --',
  },
  E_CMD_NOT_EXECUTABLE: {
    exit: EXIT.usage,
    what: '"{path}" cannot be executed: {why}.',
    next: 'Look at it: ls -ld {path}; a script needs execute permission: chmod +x FILE',
  },
  E_OUTPUT_EXISTS: {
    exit: EXIT.usage,
    what: '{path} already exists ({size} bytes, written {mtime}) and was not changed.',
    next: 'Choose another name, or overwrite it: --force',
  },
  E_OUTPUT_CREATE: {
    exit: EXIT.usage,
    what: 'Cannot create {path}: {why}.',
    next: 'Choose a writable path: -o /tmp/session.ndjson',
  },
  E_EXTENTS_PATH: {
    exit: EXIT.usage,
    what: 'The extents of {path} cannot be counted: {why}.',
    next: 'Name a file or a directory: stallscope extents /var/lib/libvirt/images',
  },
  E_HOST_NAME: {
    exit: EXIT.usage,
    what: '"{value}" is not the name of a host for --host: {why}.',
    next: 'Write it as ssh takes it: --host db7, --host root@db7, or a Host of ~/.ssh/config',
  },
  E_EXECUTABLE: {
    exit: EXIT.usage,
    what: '{path} cannot be pushed: {why}.',
    next: 'Give a bpftrace that runs there by itself, such as a static one: --push-bpftrace ./bpftrace',
  },
  // environment, exit 3
  E_EXTENTS_PROGRAMS: {
    exit: EXIT.environment,
    what: 'Neither filefrag nor xfs_io is in a directory of the system, so that no extents can be counted.',
    next: 'Install them: {command}',
  },
  E_GUARD_RIGHTS: {
    exit: EXIT.environment,
    what: 'The guard cannot do {action} here: {why}. Nothing was changed.',
    next: 'Run it as root, outside of a container; or see what it would do, without --armed',
  },
  E_GUARD_LOST: {
    exit: EXIT.environment,
    what: 'The guard has ended: {why}. Nothing is done any more.',
    next: 'Look for what ended it: journalctl -k --since -1h; then start it again',
  },
  E_KMSG: {
    exit: EXIT.environment,
    what: "The kernel's log cannot be read from {path}: {why}.",
    next: 'Run it as root: sudo stallscope guard --log …',
  },
  E_NOT_LINUX: {
    exit: EXIT.environment,
    what: 'Tracing needs Linux; this is {platform}.',
    next: 'Look at a recording instead: stallscope replay FILE, or: stallscope demo',
  },
  E_NO_BPFTRACE: {
    exit: EXIT.environment,
    what: 'bpftrace was not found ({where}).',
    next: 'Install it: {command}',
  },
  E_BPFTRACE_OLD: {
    exit: EXIT.environment,
    what: 'bpftrace {version} is too old: stallscope needs 0.14 or later.',
    next: 'Install a newer one ({command}), or name one: STALLSCOPE_BPFTRACE=/path/to/bpftrace',
  },
  E_BPFTRACE_BROKEN: {
    exit: EXIT.environment,
    what: 'bpftrace does not run: {why}.',
    next: 'Try it: bpftrace --version',
  },
  E_PRIVILEGE: {
    exit: EXIT.environment,
    what: 'Tracing needs root; this is uid {uid}{missing}.',
    next: 'Run: sudo stallscope …  (or look at a recording without root: stallscope demo)',
  },
  E_LOCKDOWN: {
    exit: EXIT.environment,
    what: 'The kernel is locked down ({mode}): BPF may not read kernel memory.',
    next: 'Boot without lockdown=confidentiality; what works without it: stallscope doctor',
  },
  E_NO_TRACEFS: {
    exit: EXIT.environment,
    what: 'The tracing file system is not mounted at /sys/kernel/tracing.',
    next: 'Mount it: mount -t tracefs none /sys/kernel/tracing',
  },
  E_NO_PROBE_USABLE: {
    exit: EXIT.environment,
    what: 'None of the requested probes can run here: {why}.',
    next: 'See each probe and its reason: stallscope doctor',
  },
  E_PID_NAMESPACE: {
    exit: EXIT.environment,
    what: '{selection} would select the wrong processes: {why}.',
    next: 'Run it on the host, in a container that shares its PIDs (docker run --pid=host), or without {selection}',
  },
  E_VARIANT_REFUSED: {
    exit: EXIT.environment,
    what: 'The variant "{variant}" of {probe} cannot run here: {why}.',
    next: 'See which variants can, and why others cannot: stallscope probes show {probe}',
  },
  E_COUNT_REFUSED: {
    exit: EXIT.environment,
    what: 'The event of --count cannot be counted here: {why}.',
    next: 'See what this host allows: stallscope doctor',
  },
  E_LISTEN: {
    exit: EXIT.environment,
    what: 'Cannot listen on {address}: {why}.',
    next: 'Choose an address of this machine and a free port from 1024 on: --listen 127.0.0.1:9465',
  },
  E_PUSH: {
    exit: EXIT.usage,
    what: 'Metrics cannot be pushed: {why}.',
    next: 'Give the address of VictoriaMetrics: --push http://HOST:8428',
  },
  E_CANARY: {
    exit: EXIT.environment,
    what: 'No file can be created in {directory}: {why}.',
    next: 'Name a directory that is there and may be written to: --canary /var/tmp',
  },
  E_DESCRIPTORS: {
    exit: EXIT.environment,
    what: 'This process may have too few files open at a time ({why}).',
    next: 'Raise the limit: ulimit -n 1024',
  },
  E_TMPDIR: {
    exit: EXIT.environment,
    what: 'What comes from {path} cannot be kept in {folder} meanwhile: {why}.',
    next: 'Name a folder with room for all of it, unpacked: TMPDIR=/var/tmp stallscope …',
  },
  // probes, exit 4
  E_PROBE_COMPILE: {
    exit: EXIT.probe,
    what: 'bpftrace refused the script of {probe}:\n{detail}',
    next: 'See {see}; report it with: stallscope doctor --json',
  },
  E_PROBE_ATTACH: {
    exit: EXIT.probe,
    what: 'bpftrace could not attach {probe}:\n{detail}',
    next: 'See what this host allows: stallscope doctor',
  },
  E_PROBE_MANIFEST: {
    exit: EXIT.probe,
    what: 'The probe folder {path} is not usable: {why}.',
    next: 'Compare with a bundled one: stallscope probes show iomap',
  },
  E_TRACER_TIMEOUT: {
    exit: EXIT.probe,
    what: 'bpftrace did not attach within {seconds} s ({last}).',
    next: 'The machine may be too busy: try one probe, --probe iomap, or wait longer: --attach-timeout 60s',
  },
  // recordings, exit 5
  E_FILE_MISSING: {
    exit: EXIT.recording,
    what: 'There is no file {path}.',
    next: 'Make one: stallscope record -o {path}; or see the bundled ones: stallscope demo --list',
  },
  E_FILE_UNREADABLE: {
    exit: EXIT.recording,
    what: 'Cannot read {path}: {why}.',
    next: 'Check it: ls -l {path}',
  },
  E_FILE_EMPTY: {
    exit: EXIT.recording,
    what: '{path} is empty: the recorder was stopped before its first line.',
    next: 'Record again: stallscope record -o FILE',
  },
  E_FILE_DIRECTORY: {
    exit: EXIT.recording,
    what: '{path} is a directory, not a recording.',
    next: 'Name a file in it: ls {path}',
  },
  E_FILE_FORMAT: {
    exit: EXIT.recording,
    what: '{path} is not a stallscope recording: {why}.',
    next: 'A recording begins with {"type":"header","format":"stallscope-recording"…}: head -c 200 {path}',
  },
  E_FILE_VERSION: {
    exit: EXIT.recording,
    what: '{path} was written in format version {version}; this stallscope reads up to {supported}.',
    next: 'Read it with a newer stallscope; this one is: stallscope --version',
  },
  E_RECORDING_CUT: {
    exit: EXIT.recording,
    what: '{path} is not whole: {why}.',
    next: 'What it holds can be read: stallscope summary {path}; for the rest make room, or choose another disk',
  },
  E_IMPORT: {
    exit: EXIT.recording,
    what: 'Cannot import {path}: {why}.',
    next: 'See what can be imported, and how it is made: stallscope import --help',
  },
  // another host, exit 6
  E_SSH: {
    exit: EXIT.remote,
    what: 'ssh to {host} failed: {why}.',
    next: 'Try it by itself, as nothing may ask for a password here: ssh -o BatchMode=yes {host} true',
  },
  E_REMOTE: {
    exit: EXIT.remote,
    what: '{host} cannot be watched: {why}.',
    next: 'See what it allows: stallscope doctor --host {host}',
  },
  E_RESTARTED: {
    exit: EXIT.remote,
    what: '{host} was restarted, which ended the session.',
    next: 'Begin another: its clocks and counters began anew. What came until then stands in the recording, if there is one',
  },
  E_SUDO: {
    exit: EXIT.remote,
    what: '{user} may not become root on {host} without a password: {why}.',
    next: 'Log in as root (--host root@…), or allow it there with visudo by this line, which makes {user} root: {line}',
  },
  // stdout, exit 74
  E_OUTPUT_LOST: {
    exit: EXIT.output,
    what: 'What was to be printed could not be written: {why}.',
    next: 'Look at where it goes, for example at the room on its disk: df -h',
  },
  // ours, exit 70
  E_BUG: {
    exit: EXIT.bug,
    what: 'stallscope failed: {why}.',
    next: 'This is a bug. Please report it with the lines above and this file: stallscope doctor --bundle bundle.json',
  },
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof ERRORS;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name extends `"${string}`
    ? Placeholders<Rest>
    : Name | Placeholders<Rest>
  : never;

/** The facts a code's message needs. */
export type ErrorFacts<Code extends ErrorCode> = Record<
  Placeholders<(typeof ERRORS)[Code]['what'] | (typeof ERRORS)[Code]['next']>,
  string | number
>;

const fill = (template: string, facts: Readonly<Record<string, string | number>>): string =>
  template.replace(/\{([a-zA-Z]+)\}/g, (whole, name: string) => {
    const fact = String(facts[name] ?? whole);
    return OF_SEVERAL_LINES.has(name) ? fact : asMessage(fact);
  });

/** What others print. */
const OF_SEVERAL_LINES: ReadonlySet<string> = new Set(['detail', 'next']);

export class StallscopeError extends Error {
  readonly code: ErrorCode;
  readonly exit: number;
  /** The command or step that helps. */
  readonly next: string;

  constructor(code: ErrorCode, facts: Readonly<Record<string, string | number>>, cause?: unknown) {
    super(fill(ERRORS[code].what, facts), cause === undefined ? undefined : { cause });
    this.name = 'StallscopeError';
    this.code = code;
    this.exit = ERRORS[code].exit;
    this.next = fill(ERRORS[code].next, facts);
  }
}

/** The typed way to make one: facts missing from a template do not compile. */
export const failure = <Code extends ErrorCode>(
  code: Code,
  facts: ErrorFacts<Code>,
  cause?: unknown,
): StallscopeError => new StallscopeError(code, facts, cause);

export const isFailure = (value: unknown, code?: ErrorCode): value is StallscopeError =>
  value instanceof StallscopeError && (code === undefined || value.code === code);

/** The end of a message about an unknown name: the nearest of those there are, or nothing when none is near. */
export const suggestion = (known: readonly string[], name: string): string => {
  const nearest = nearestNames(known, name, 1)[0];
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
};

/** Up to `most` of the known names that could have been meant, the nearest first. */
export const nearestNames = (known: readonly string[], name: string, most: number): string[] =>
  [...new Set(known)]
    .map((other) => ({ other, far: distance(other.toLowerCase(), name.toLowerCase()) }))
    // More than half of it wrong is a guess, not a suggestion.
    .filter(({ other, far }) => far <= Math.max(1, Math.floor(other.length / 2)))
    .sort((a, b) => a.far - b.far)
    .filter(({ far }, _, [first]) => far <= (first?.far ?? 0) + 1)
    .slice(0, most)
    .map(({ other }) => other);
