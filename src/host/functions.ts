/**
 * Which functions the kernel has. `available_filter_functions` names what can be traced; where it is absent or
 * refuses (lockdown, no root) /proc/kallsyms names what exists, with zeroed addresses but true names for anybody.
 *
 * Both are megabytes that the kernel renders anew on each read (kallsyms: 5 MB, ~50 ms), and a session asks for a
 * dozen names at its start and none later. So the text is read once, searched as bytes, and held only weakly: the
 * collector may take it back, and the rare later question reads it again.
 */
import { join } from 'node:path';
import type { HostFiles } from './files.ts';

export type FunctionList = {
  /** Names of functions kprobe or fentry may attach to. */
  readonly hasTraceable: (name: string) => boolean;
  /** Whether a function of this name exists, traceable or not. */
  readonly hasSymbol: (name: string) => boolean;
  /** The kernel lets us read its list of traceable functions: the precondition of fentry. */
  readonly listed: boolean;
};

export const functionsOf = (files: HostFiles, tracefs: string | null): FunctionList => {
  const list = tracefs === null ? null : join(tracefs, 'available_filter_functions');
  const listed = list !== null && (files.head(list, 1)?.length ?? 0) > 0;
  const hasSymbol = memoised(files, '/proc/kallsyms', isSymbolOf);
  return {
    listed,
    hasSymbol,
    hasTraceable: listed && list !== null ? memoised(files, list, isLineOf) : hasSymbol,
  };
};

type Match = (text: Buffer, start: number, end: number) => boolean;

/** Lines of available_filter_functions: `name` or `name [module]`. */
export const isLineOf: Match = (text, start, end) =>
  (start === 0 || text[start - 1] === NEWLINE) && (end === text.length || isOneOf(text[end], '\n '));

/** Lines of kallsyms: `address type name` or `address type name<tab>[module]`; T, t and weak W, w are code. */
export const isSymbolOf: Match = (text, start, end) =>
  text[start - 1] === SPACE &&
  isOneOf(text[start - 2], 'tTwW') &&
  text[start - 3] === SPACE &&
  (end === text.length || isOneOf(text[end], '\n\t'));

/** Whether `name` stands in `text` where `match` says a name stands. */
export const holds = (text: Buffer, name: string, match: Match): boolean => {
  if (name === '') return false;
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    if (match(text, at, at + name.length)) return true;
  }
  return false;
};

const NEWLINE = 0x0a;
const SPACE = 0x20;

const isOneOf = (byte: number | undefined, characters: string): boolean =>
  byte !== undefined && characters.includes(String.fromCharCode(byte));

const memoised = (files: HostFiles, path: string, match: Match): ((name: string) => boolean) => {
  const answers = new Map<string, boolean>();
  let held: WeakRef<Buffer> | null = null;
  const text = (): Buffer => {
    const kept = held?.deref();
    if (kept !== undefined) return kept;
    const fresh = files.bytes(path) ?? Buffer.alloc(0);
    held = new WeakRef(fresh);
    return fresh;
  };
  return (name) => {
    let answer = answers.get(name);
    if (answer === undefined) {
      answer = holds(text(), name, match);
      answers.set(name, answer);
    }
    return answer;
  };
};
