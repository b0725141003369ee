/**
 * All that runs on another host beside bpftrace: two small scripts for a POSIX shell. Each is one session's, ends by itself
 * when nothing is heard from here, and leaves nothing.
 *
 * **guard.** Every line from here is a sign of life. Without one for 2.4 s a tracer is interrupted, and for 3.4 s killed;
 * neither a killed client, nor a stopped one, nor a cut cable need say goodbye for that. What the kernel takes to detach it,
 * killed or not, comes on top: that is what is left of the 6 s, so in silence the guard looks more often than once a second.
 * The reader, of which nothing has to be detached, is given 4 s, and while it answers 20: it hears nothing meanwhile. The
 * guard's `sleep` is the one program that starts every second; its number is reported, so that it is not taken for anybody's
 * work.
 *
 * **reader.** Prints files. A line of its input is one request, words between tabs, a letter first; an answer ends with a
 * line that begins with a word drawn at random for this connection, which nobody there knows, with the status and the
 * number of the program that read. Files of text are read by one `grep`, which puts the name of the file before each
 * line: no content can be mistaken for another file's.
 *
 * **tracer.** Becomes bpftrace. Its standard output is bpftrace's own; a line of its input is a sign of life, or a signal.
 */
import { quote, quoteAll } from './quote.ts';

/** The first line of each, on standard error. */
export const GREETING = 'stallscope-here';
/** A program that one of them started, on standard error. */
export const OWN = 'stallscope-own';

/** A sign of life that comes before the guard listens for it must not end it. */
const guarded = (start: string): string => `trap '' USR1\n${start} & w=$!`;

/** Where a pushed executable may lie, the first that lets one run. */
const PLACES = '/tmp /var/tmp /run /dev/shm';

/**
 * The directory of what is pushed carries the reader's PID, so that whoever ends, it or its guard, finds and removes it, and
 * `place` what was left by one that could do neither. A name that somebody else made is removed as itself: `rm` follows no links.
 */
const SWEEP = `sweep() {
  set +f
  for t in ${PLACES}; do rm -rf -- "$t"/stallscope-push.$$.*; done
}`;

const PLACE = `place() {
  set +f
  for t in ${PLACES}; do
    for o in "$t"/stallscope-push.*; do
      q=\${o##*/stallscope-push.}
      q=\${q%%.*}
      [ -O "$o" ] && [ ! -e "/proc/$q" ] && rm -rf -- "$o"
    done
    o=$(umask 077; mktemp -d "$t/stallscope-push.$$.XXXXXX" 2>/dev/null) || continue
    room=$(df -Pk "$o" 2>/dev/null | { read -r x; IFS=' ' read -r x x x a x; echo "$a"; })
    printf '#!/bin/sh\\nexit 7\\n' >"$o/try" && chmod 700 "$o/try" && "$o/try"
    if [ $? = 7 ] && [ "\${room:-0}" -gt $(($1 * 2)) ]; then
      rm -f -- "$o/try"
      echo "$o"
      set -f
      return
    fi
    rm -rf -- "$o"
  done 2>/dev/null
  set -f
  r=1
}`;

/** None is pushed: there is nothing to remove. */
const NO_SWEEP = 'sweep() { :; }';

/** Silence after which it is ended, first with the signal, then killed; in hundredths of a second since the last sign. */
type Patience = { readonly signal: 'INT' | 'TERM'; readonly end: number; readonly kill: number };
const OF_TRACER: Patience = { signal: 'INT', end: 240, kill: 340 };
const OF_READER: Patience = { signal: 'TERM', end: 400, kill: 500 };
/** While it answers it hears nothing; where all is slow, an answer may take so long. */
const LONGEST_ANSWER = 2_000;
/** Two signs of life are not so far apart: from here on it is silence. */
const SILENT_AFTER = 120;
/** A tracer that is to be interrupted may write for so long. */
const LONGEST_QUIET = 150;

/**
 * Whether somebody works for `$$`, beside this guard, or did when it was last looked: what was sent meanwhile has yet to be read.
 * Where the kernel does not say (CONFIG_PROC_CHILDREN), nobody does.
 */
const ANSWERING = `answering() {
  k=$a
  read -r k </proc/$$/task/$$/children
  if [ "$k" != "$a" ]; then late=1; else [ "$late" = 1 ] && late=0; fi &&
    [ $((t - since)) -lt ${LONGEST_ANSWER} ]
} 2>/dev/null`;
const NOT_ANSWERING = 'answering() { false; }';

/**
 * Beside `$$`, which it ends. A PID can be another's by now, whose parent we are not: only while `$$` is our parent is it
 * signalled.
 */
const guardFor = ({ signal, end, kill }: Patience): string => `ours() {
  read -r a b c parent rest </proc/self/stat && [ "$parent" = $$ ]
}
now() { read -r t rest </proc/uptime; t=\${t%.*}\${t#*.}; }
heard() { read -r since rest </proc/uptime; since=\${since%.*}\${since#*.} n=0; }
silent() { now; [ $((t - since)) -ge "$1" ]; }
guard() {
  heard
  trap heard USR1
  # Not every sleep knows parts of a second.
  part=1
  sleep 0.01 2>/dev/null && part=0.2
  while ours; do
    nap=1
    silent ${SILENT_AFTER} && nap=$part
    sleep $nap >/dev/null 2>&1 &
    s=$!
    echo "${OWN} $s" >&2
    while kill -0 $s 2>/dev/null; do wait $s; done
    if [ $n = 0 ]; then
      silent ${end} && ours && ! answering && n=1 && kill -${signal} $$
    else
      silent ${kill} && ours && kill -KILL $$
    fi
  done
  sweep
}`;

/** One of us that is killed takes the record of the outage with it (host/oom.ts). */
const SPARE = '{ echo -500 >/proc/$$/oom_score_adj; } 2>/dev/null';

/**
 * The connection that it came through, which serves nobody else. Nobody may be there to close it: an ssh whose stopped client
 * reads nothing more waits for that for ever, and sshd for ssh. Only where sshd is who started it, or started the sudo that did.
 */
const HANG_UP = `hang_up() {
  q=$$ IFS=' '
  while read -r x x x q x </proc/$q/stat; do
    read -r x </proc/$q/comm
    case $x in
    sshd*) kill $q; return ;;
    sudo) ;;
    *) return ;;
    esac
  done
} 2>/dev/null`;

const READ_SETUP = `LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
set -f
tab='	'`;

/** Of the descriptor a request is read from, no program that answers it has any. */
const ANSWERS = `run() { "$@" 2>/dev/null & p=$!; wait $p; r=$?; }
lines() { run grep -as -H '' "$@" /dev/null; }
about() {
  echo "pid $$ $w $PPID"
  echo "user $(id -un)"
  echo "uid $(id -u)"
  echo "refused $(echo "$no" | tr '\\n' ' ')"
  echo "sh $(command -v sh)"
  echo "name $(uname -n)"
  echo "system $(uname -s)"
  echo "kernel $(uname -r)"
  echo "arch $(uname -m)"
  echo "boot $(cat /proc/sys/kernel/random/boot_id)"
  echo "path $PATH"
} 2>/dev/null
tick() {
  read -r u x </proc/uptime && echo "$u"
  set +f; echo /proc/[0-9]*; set -f
  l= a=$1
  IFS=,
  [ "$a" = all ] || for p in $a; do l="$l$tab/proc/$p/stat"; done
  for p in $2; do l="$l$tab/proc/$p/statm"; done
  IFS=$tab
  shift 2
  [ "$a" = all ] || { lines $kept $l "$@"; return; }
  set +f; lines $kept $l "$@" /proc/[0-9]*/stat; set -f
}`;

const REQUESTS = `while IFS= read -r line; do
  kill -USR1 $w 2>/dev/null || break
  IFS=$tab
  set -- $line
  v=$1 p= r=0
  shift
  case $v in
  b) ;;
  i) about ;;
  d) date '+%s %N' ;;
  u) cat /proc/uptime ;;
  k) kept=$* ;;
  t) tick "$@" ;;
  g) lines "$@" ;;
  c) run cat "$1" ;;
  h) run head -c "$2" "$1" ;;
  p) run dd if="$1" bs=65536 skip="$2" count="$3" ;;
  f) run grep -aE "$2" "$1" ;;
  n) (cd "$1" && { set +f; printf '%s\\n' *; }) 2>/dev/null; r=$? ;;
  l) run readlink "$1" ;;
  L) run readlink -f "$1" ;;
  s) run stat -L -c '%d %i %s %Y %u %f %n' "$@" ;;
  x) [ -r "$1" ] && echo r; [ -f "$1" ] && [ -x "$1" ] && echo x ;;
  v) run "$1" --version ;;
  P) place "$1" ;;
  esac
  printf '\\n%s %s %s\\n' "$mark" "$r" "\${p:-0}"
done
sweep
kill $w 2>/dev/null`;

/** @param mark drawn at random; no answer can hold it */
export const readerScript = (mark: string, pushes = false): string =>
  [
    pushes ? `${SWEEP}\n${PLACE}` : NO_SWEEP,
    ANSWERING,
    guardFor(OF_READER),
    READ_SETUP,
    `mark=${mark} kept= p=`,
    SPARE,
    guarded('guard </dev/null'),
    HANG_UP,
    `trap 'kill $p $w 2>/dev/null; sweep; hang_up; exit' TERM`,
    `echo "${GREETING} $$ $w" >&2`,
    ANSWERS,
    REQUESTS,
  ].join('\n');

export type TracerWords = {
  /** What stands before the program; empty where the host has nothing for it. */
  readonly launcher: readonly string[];
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** Who started the tracer, by which a stallscope of that host knows that it is not an orphan (host/orphans.ts). */
const OWNER = `read -r line </proc/$PPID/stat
set -- \${line##*) }
owner=$PPID:$((\${20} * 10))`;

/**
 * Until the tracer is seen twice to be in no call that may be a write (tracer/interrupt.ts), for less time than its guard takes
 * for silence: our signs of life are not read meanwhile. At once where the kernel does not say.
 */
const QUIET = `quiet() {
  now
  from=$t seen=0 part=1
  sleep 0.01 && part=0.05
  while now; [ $((t - from)) -lt ${LONGEST_QUIET} ]; do
    read -r call first rest </proc/$$/syscall || return
    case "$call $first" in
    running*|*' 0x1'|*' 0x2') seen=0 ;;
    *) seen=$((seen + 1)); [ $seen = 2 ] && return ;;
    esac
    sleep $part
  done
} 2>/dev/null`;

/** Passes signals to the tracer; without us it is over at once. */
const LISTEN = `listen() {
  while read -r word; do
    kill -USR1 $w
    [ $word = INT ] && quiet
    case $word in INT|TERM|KILL) ours && kill -$word $$ ;; esac
  done
  ours && kill -INT $$
}`;

export const tracerScript = ({ launcher, file, args, env }: TracerWords): string => {
  const { STALLSCOPE_OWNER: _, ...rest } = env;
  const settings = Object.entries(rest).map(([name, value]) => `${name}=${quote(value)}`);
  return [
    NO_SWEEP,
    NOT_ANSWERING,
    guardFor(OF_TRACER),
    QUIET,
    LISTEN,
    SPARE,
    OWNER,
    `echo ${GREETING}`,
    'exec 3<&0',
    guarded('guard </dev/null 3<&- >/dev/null'),
    'listen <&3 >/dev/null 2>&1 & l=$!',
    `echo "${GREETING} $$ $PPID $w $l" >&2`,
    'exec 3<&-',
    // In place of this shell: one that is started beside it would have SIGINT ignored.
    `exec env -i ${settings.join(' ')} STALLSCOPE_OWNER=$owner ${quoteAll([...launcher, file, ...args])} </dev/null`,
  ].join('\n');
};

/** Takes an executable on standard input; who made the directory, and ends with the link, ends it too. */
export const uploadScript = ({ reader, path }: { readonly reader: number; readonly path: string }): string =>
  [
    'umask 077',
    'exec 3<&0',
    `cat <&3 >${quote(path)} & c=$!`,
    'exec 3<&-',
    `{ while kill -0 $c && kill -0 ${reader}; do sleep 1; done; kill $c; } >/dev/null 2>&1 </dev/null &`,
    `wait $c && chmod 700 ${quote(path)}`,
  ].join('\n');
