/**
 * What a session runs on another host, and what remains of it. By the sshd that it came through: other sessions of this machine,
 * of whomever, are none of its.
 */
import { readFileSync } from 'node:fs';
import type { Sshd } from './sshd.ts';
import { waitUntil } from './until.ts';

/** PID to start time and command. */
export type Family = ReadonlyMap<number, { readonly start: string; readonly command: string }>;

/** Everything below sshd now. */
export const familyOf = (sshd: Sshd): Family =>
  new Map(
    sshd
      .processes()
      .filter((pid) => pid !== sshd.pid)
      .flatMap((pid) => {
        const start = startOf(pid);
        return start === null ? [] : [[pid, { start, command: commandOf(pid) }] as const];
      }),
  );

export const remainsOf = (family: Family): readonly string[] =>
  [...family].flatMap(([pid, { start, command }]) => (startOf(pid) === start ? [`${pid} ${command}`] : []));

export const tracersIn = (family: Family): Family =>
  new Map([...family].filter(([, { command }]) => /^\S*bpftrace /.test(command)));

/** Until none of them is left: how long its tracers took, which are promised to be gone within `limitMs`. */
export const gone = async (family: Family, limitMs: number): Promise<number> => {
  const tracers = tracersIn(family);
  const tookMs = await waitUntil(
    () => remainsOf(tracers).length === 0,
    limitMs,
    () => remainsOf(tracers).join('\n'),
  );
  await waitUntil(
    () => remainsOf(family).length === 0,
    limitMs,
    () => remainsOf(family).join('\n'),
  );
  return tookMs;
};

/** A zombie has ended, whoever has yet to hear of it. */
const startOf = (pid: number): string | null => {
  const stat = read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
  return stat === undefined || stat[0] === 'Z' ? null : (stat[19] ?? null);
};

const commandOf = (pid: number): string =>
  (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').slice(0, 200);

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};
