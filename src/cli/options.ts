/** Values from the command line, read once and strictly. Every reader throws a StallscopeError that names the option. */

import { isIP } from 'node:net';
import { parseDuration } from '../core/duration.ts';
import { failure } from '../errors.ts';
import type { Destination } from '../serve/post.ts';

/** `500ms 10s 5m 2h 1d` to ms; at least `minMs`, at most `maxMs`. */
export const readDuration = (option: string, value: string, minMs: number, maxMs: number): number => {
  const ms = parseDuration(value.trim());
  const refuse = (why: string) => failure('E_DURATION', { value, option, why });
  if (ms === null)
    throw refuse(/^\d+$/.test(value.trim()) ? 'the unit is missing' : 'it is not a number and a unit');
  if (ms < minMs) throw refuse(`the minimum is ${minMs} ms`);
  if (ms > maxMs) throw refuse(`the maximum is ${maxMs / 3_600_000} h`);
  return Math.round(ms);
};

export const readPid = (value: string): number => {
  const pid = /^\d{1,10}$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(pid) || pid < 1 || pid > 2 ** 22) {
    throw failure('E_NUMBER', {
      value,
      option: '-p',
      why: 'a PID is a whole number from 1 to 4194304',
      next: 'Find it by name: pgrep -a NAME',
    });
  }
  return pid;
};

export const readInteger = (option: string, value: string, min: number, max: number): number => {
  const number = /^\d{1,10}$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < min || number > max) {
    throw failure('E_NUMBER', {
      value,
      option,
      why: `it must be a whole number from ${min} to ${max}`,
      next: `Leave ${option} out to use the default`,
    });
  }
  return number;
};

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i;
const SIZE_STEPS = ['', 'k', 'm', 'g', 't'];

/** `500M 2G 64k` to bytes, in steps of 1024. */
export const readSize = (option: string, value: string, minBytes: number): number => {
  const match = SIZE.exec(value.trim());
  const bytes = Number(match?.[1]) * 1024 ** SIZE_STEPS.indexOf((match?.[2] ?? '').toLowerCase());
  if (Number.isSafeInteger(Math.round(bytes)) && bytes >= minBytes) return Math.round(bytes);
  throw failure('E_NUMBER', {
    value,
    option,
    why: match === null ? 'a size is a number and K, M, G or T' : `the minimum is ${minBytes} bytes`,
    next: `For half a gigabyte: ${option} 500M`,
  });
};

/** A score on the detector's scale: -log10 of a probability. */
export const readScore = (value: string): number => {
  const score = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (score >= 1 && score <= 100) return score;
  throw failure('E_NUMBER', {
    value,
    option: '--min-score',
    why: 'a score is a number from 1 to 100',
    next: 'For what happens once in a million samples: --min-score 6',
  });
};

/** How complete the evidence of a finding is. */
export const readConfidence = (value: string): number => {
  const share = /^(?:0?\.\d+|1(?:\.0+)?)$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (share > 0 && share <= 1) return share;
  throw failure('E_NUMBER', {
    value,
    option: '--min-confidence',
    why: 'a confidence is a number above 0, at most 1',
    next: 'For findings whose evidence is nearly complete: --min-confidence 0.9',
  });
};

/** `2%` as a share, `off` as null. */
export const readBudget = (value: string): number | null => {
  if (value.trim() === 'off') return null;
  const percent = Number(/^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim())?.[1]);
  if (percent >= 0.1 && percent <= 100) return percent / 100;
  throw failure('E_NUMBER', {
    value,
    option: '--budget',
    why: 'a budget is a percentage from 0.1% to 100%, or off',
    next: 'For five percent of each CPU at work: --budget 5%',
  });
};

/** A replay's speed: a number (`0.5`, `10`, `10x`) or `max`. */
export const readSpeed = (value: string): number => {
  if (value === 'max') return Number.POSITIVE_INFINITY;
  const speed = Number(/^(\d+(?:\.\d+)?)x?$/.exec(value)?.[1]);
  if (Number.isFinite(speed) && speed > 0 && speed <= 100_000) return speed;
  throw failure('E_NUMBER', {
    value,
    option: '--speed',
    why: 'a speed is a number above 0, or max',
    next: 'For ten times as fast: --speed 10',
  });
};

/** `9464`, `:9464` or `ADDRESS:PORT`; without an address on loopback. */
export const readAddress = (value: string): { readonly host: string; readonly port: number } => {
  const [, bracketed, plain, port] =
    /^(?:(?:\[([\da-f:.]+)\]|([\d.]*)):)?(\d{1,5})$/i.exec(value.trim()) ?? [];
  const host = bracketed ?? (plain === undefined || plain === '' ? '127.0.0.1' : plain);
  if (port !== undefined && Number(port) <= 65_535 && isIP(host) !== 0) return { host, port: Number(port) };
  throw failure('E_NUMBER', {
    value,
    option: '--listen',
    why: 'an address is ADDRESS:PORT, the address in digits',
    next: 'For Prometheus on this machine: --listen 127.0.0.1:9464',
  });
};

/**
 * Where metrics are pushed to. Without a path, where VictoriaMetrics imports them. What authorises comes from the environment,
 * because everybody can read a command line.
 */
export const readPush = (value: string, env: NodeJS.ProcessEnv): Destination => {
  const url = URL.canParse(value) ? new URL(value) : null;
  const refuse = (why: string): Error => failure('E_PUSH', { why });
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '')
    throw refuse(`"${value}" is no address with http:// or https://`);
  if (url.username !== '' || url.password !== '')
    throw refuse(
      'an address with a password can be read by everybody here: set STALLSCOPE_PUSH_AUTHORIZATION',
    );
  if (url.pathname === '/') url.pathname = '/api/v1/import/prometheus';
  url.hash = '';
  const authorization = env.STALLSCOPE_PUSH_AUTHORIZATION ?? '';
  if (/[^\x20-\x7e]/.test(authorization))
    throw refuse('STALLSCOPE_PUSH_AUTHORIZATION is not one line of ASCII');
  return { url: url.href, authorization: authorization === '' ? null : authorization };
};

/** `a,b` and repeated options alike. */
export const readList = (values: readonly string[]): string[] =>
  values
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');

/** Repeated `PROBE=VARIANT` to probe id and variant id; which of them exist is not looked at here. */
export const readVariants = (values: readonly string[]): ReadonlyMap<string, string> => {
  const variants = new Map<string, string>();
  for (const value of values) {
    const [, probe, variant] = /^([^=]+)=([^=]+)$/.exec(value) ?? [];
    if (probe === undefined || variant === undefined) {
      throw failure('E_USAGE', {
        fact: `"${value}" is not valid for --variant: write it as PROBE=VARIANT, for example iomap=tracepoint.`,
        command: 'stallscope live',
      });
    }
    const other = variants.get(probe);
    if (other !== undefined && other !== variant) {
      throw failure('E_USAGE', {
        fact: `--variant names two of ${probe}, ${other} and ${variant}: one runs at a time.`,
        command: 'stallscope live',
      });
    }
    variants.set(probe, variant);
  }
  return variants;
};

/** A shell pattern on a process name: `*` any run, `?` any one character, everything else itself. */
export const globMatcher = (glob: string | null): ((comm: string) => boolean) => {
  if (glob === null) return () => true;
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^]*')
    .replace(/\?/g, '[^]');
  const pattern = new RegExp(`^${source}$`);
  return (comm) => pattern.test(comm);
};
