/** The one printer of errors: what happened, then the next step. A stack only for what is our own fault. */
import { EXIT, failure, isFailure, type StallscopeError } from '../errors.ts';

/** Prints and gives the exit status. Control characters in facts (file names, bpftrace's text) are made visible. */
export const printError = (error: unknown, stderr: { write(text: string): unknown }): number => {
  const known = isFailure(error) ? error : (lackOfDescriptors(error) ?? asBug(error));
  if (known.exit === EXIT.bug) stderr.write(`${stackOf(known.cause ?? error)}\n`);
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

const visible = (text: string): string =>
  text.replace(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
