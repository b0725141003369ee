/** The one printer of errors: what happened, then the next step. A stack only for what is our own fault. */
import { asMessage } from '../core/safe-text.ts';
import { EXIT, failure, isFailure, type StallscopeError } from '../errors.ts';

/** Prints and gives the exit status. What a terminal would obey in facts (file names, bpftrace's text) is made visible. */
export const printError = (error: unknown, stderr: { write(text: string): unknown }): number => {
  const known = isFailure(error) ? error : (lackOfDescriptors(error) ?? asBug(error));
  if (known.exit === EXIT.bug) stderr.write(`${visible(stackOf(known.cause ?? error))}\n`);
  stderr.write(`stallscope: ${visible(known.message)}\n  ${visible(known.next)}\n`);
  return known.exit;
};

/** Wherever it happens: every file we open may be the one too many. */
const lackOfDescriptors = (error: unknown): StallscopeError | null => {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE' ? failure('E_DESCRIPTORS', { why: code }, error) : null;
};

export const asBug = (error: unknown): StallscopeError => {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return failure('E_BUG', { why: why.replace(/\.$/, '') }, error);
};

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** What bpftrace says has several lines; a name with one in it was made visible with the message. */
const visible = (text: string): string => text.split('\n').map(asMessage).join('\n');
