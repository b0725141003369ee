/**
 * Work that reads files at once, over a link on which nothing is at once: it is done with what is known, what it missed is
 * fetched in one round trip, and it is done again, until it misses nothing. So it must change nothing, and every time it is
 * given files of its own, of which nothing is remembered from the time before.
 */
import type { HostFiles } from '../host/files.ts';
import { createRemoteFiles, type RemoteFilesOptions } from './files.ts';
import { type Known, keyOf, type Question, readAnswer, requestsOf } from './question.ts';
import type { Reader } from './reader.ts';

/** By question, as text. */
export type Cache = Map<string, Known>;

/** A path that leads to another is found out step by step. */
const MOST_ROUNDS = 64;
const MOST_QUESTIONS = 20_000;

export const settle = async <T>(
  reader: Reader,
  cache: Cache,
  options: Omit<RemoteFilesOptions, 'answers' | 'isAskedAgain'>,
  work: (files: HostFiles) => T | Promise<T>,
): Promise<T> => {
  for (let round = 0; ; round += 1) {
    const missed = new Map<string, Question>();
    const look = (question: Question): Known | undefined => {
      const key = keyOf(question);
      const known = cache.get(key);
      if (known === undefined && missed.size < MOST_QUESTIONS) missed.set(key, question);
      return known;
    };
    const result = await attempt(() =>
      work(createRemoteFiles({ ...options, isAskedAgain: true, answers: { look } })),
    );
    if (missed.size === 0 || round === MOST_ROUNDS) {
      if ('error' in result) throw result.error;
      return result.value;
    }
    await fetchInto(reader, cache, [...missed.values()]);
  }
};

/** What was thrown for want of a file is not meant. */
const attempt = async <T>(work: () => T | Promise<T>): Promise<{ value: T } | { error: unknown }> => {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
};

const fetchInto = async (reader: Reader, cache: Cache, questions: readonly Question[]): Promise<void> => {
  await Promise.all(
    requestsOf(questions).map(async (request) => {
      const answer = await reader.ask(...request.words);
      for (const [question, known] of readAnswer(request, answer)) cache.set(keyOf(question), known);
    }),
  );
};
