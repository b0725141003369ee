/**
 * Several hosts: the same work for each, side by side. Each has its own connection, session and voice; one that cannot be reached,
 * or dies, ends none of the others. The exit status is that of the first of them, in the order given, that has one other than 0;
 * after a signal it is the signal's.
 */
import { EXIT, failure } from '../errors.ts';
import type { Address } from '../remote/address.ts';
import { readAddresses } from '../remote/address.ts';
import type { Context } from './context.ts';
import { EXIT_OF, isSignal } from './interruption.ts';
import { type HostWish, onHost } from './on-host.ts';
import { printError } from './print-error.ts';

/** The hosts of `--host a,b,c`; empty for one, or none. */
export const severalHosts = (host: string | null): readonly Address[] => {
  const addresses = host === null ? [] : readAddresses(host);
  return addresses.length > 1 ? addresses : [];
};

export const onEachHost = async (
  context: Context,
  addresses: readonly Address[],
  wish: HostWish,
  work: (about: Context, address: Address) => Promise<number>,
): Promise<number> => {
  const statuses = await Promise.all(
    addresses.map((address) => {
      const voice = voiceOf(context, address);
      return guarded(voice, () =>
        onHost(voice, { ...wish, host: address.text }, (about) => work(about, address)),
      );
    }),
  );
  return statusOf(context, statuses);
};

export const statusOf = ({ interruption }: Context, statuses: readonly number[]): number => {
  const reason = interruption.reason();
  if (reason !== null && isSignal(reason)) return EXIT_OF[reason];
  return statuses.find((status) => status !== EXIT.ok) ?? EXIT.ok;
};

/** An error of one host is reported, and is its status. */
export const guarded = async (voice: Context, work: () => Promise<number>): Promise<number> => {
  try {
    return await work();
  } catch (error) {
    const reason = voice.interruption.reason();
    if ((error as NodeJS.ErrnoException).code === 'ABORT_ERR')
      return reason === null ? EXIT.ok : EXIT_OF[reason];
    voice.journal.error(error);
    return printError(error, voice.stderr);
  }
};

/** Whose words they are is said with them: at the beginning of a line, or as a member of an object. */
export const voiceOf = (context: Context, { name }: Pick<Address, 'name'>): Context => {
  const { out, stderr } = context;
  return {
    ...context,
    out: {
      ...out,
      lines: (lines) => out.lines(lines.map((line) => `${name}: ${line}`)),
      json: (value) => out.json({ on: name, ...(value as object) }),
    },
    stderr: { write: (text) => stderr.write(text.replace(/^stallscope: /gm, `stallscope: ${name}: `)) },
  };
};

/** @throws E_USAGE for what several hosts cannot have together */
export const refuseForSeveral = (
  addresses: readonly Address[],
  asked: Readonly<Record<string, boolean>>,
  command: string,
): void => {
  const [option] = Object.entries(asked).find(([, isAsked]) => isAsked) ?? [];
  if (addresses.length === 0 || option === undefined) return;
  throw failure('E_USAGE', {
    fact: `${option} is for one host: it means nothing, or not the same, on ${addresses.length} of them.`,
    command: `stallscope ${command}`,
  });
};
