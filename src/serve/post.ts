/**
 * One page to the address that was given, and to no other: a redirect is a refusal, so that neither the page nor what
 * authorises it goes anywhere else. What is answered is not read.
 */
import type { Failure } from './push-queue.ts';

export type Destination = {
  readonly url: string;
  /** The value of the header Authorization; null for none. */
  readonly authorization: string | null;
};

const PATIENCE_MS = 10_000;

export const postTo = async (
  { url, authorization }: Destination,
  packed: Buffer,
): Promise<Failure | null> => {
  try {
    const { status, body } = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'text/plain; version=0.0.4; charset=utf-8',
        'content-encoding': 'gzip',
        ...(authorization === null ? {} : { authorization }),
      },
      body: packed,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await body?.cancel();
    return status >= 200 && status < 300 ? null : refusal(status);
  } catch (error) {
    return { why: reasonOf(error), again: true };
  }
};

const refusal = (status: number): Failure => {
  if (status >= 300 && status < 400)
    return { why: `it answers with a redirect (${status}), which is not followed`, again: false };
  return { why: `it answers ${status}`, again: status >= 500 || status === 429 || status === 408 };
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1000} s`;
  const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
  return code ?? message;
};
