/** Values in a fragment: what they may be made of. */
import type { Complaint, Cursor, Token } from './fragment-tokens.ts';

export type Language = {
  /** Words that assembly replaces by numbers or conditions. */
  readonly constants: ReadonlySet<string>;
  /** Maps for the script's own use: they need no key. */
  readonly scratch: ReadonlySet<string>;
  /** Maps of histograms: only hist() sets them, and it sets no others. */
  readonly histograms: ReadonlySet<string>;
  /** Maps whose keys the script itself may delete. */
  readonly deletable: ReadonlySet<string>;
};

export type Reading = {
  readonly cursor: Cursor;
  readonly language: Language;
  readonly complain: Complaint;
};

const VALUES: ReadonlySet<string> = new Set([
  ...['pid', 'tid', 'uid', 'gid', 'nsecs', 'elapsed', 'cpu', 'comm', 'curtask', 'cgroup', 'rand'],
  ...['args', 'retval', ...Array.from({ length: 10 }, (_, index) => `arg${index}`)],
]);
const FUNCTIONS: ReadonlySet<string> = new Set(['strncmp', 'str', 'kptr', 'uptr']);
const COUNTING: ReadonlySet<string> = new Set(['count', 'sum', 'max', 'hist']);
const OF_THE_FRAME: ReadonlySet<string> = new Set(['print', 'printf', 'clear', 'zero', 'exit', 'system']);

const BINARY: ReadonlySet<string> = new Set(
  ['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>'].concat(['&&', '||', '==', '!=', '<', '>', '<=', '>=']),
);
const UNARY: ReadonlySet<string> = new Set(['-', '!', '~', '*', '&']);
const WHOLE_NUMBER = /^u?int(?:8|16|32|64)$/;

/** Whether a metric's value begins here: `count(`, `sum(`, `max(`, `hist(`. */
export const isCounting = ({ cursor }: Reading): boolean =>
  cursor.peek().kind === 'word' && COUNTING.has(cursor.peek().text);

/** Passes an expression. */
export const readExpression = (reading: Reading): void => reading.cursor.nested(() => readTerms(reading));

const readTerms = (reading: Reading): void => {
  const { cursor } = reading;
  readOperand(reading);
  while (cursor.peek().kind === 'sign' && BINARY.has(cursor.peek().text)) {
    cursor.take();
    readOperand(reading);
  }
  if (!cursor.is('?')) return;
  cursor.take();
  readExpression(reading);
  cursor.expect(':');
  readExpression(reading);
};

/** Passes a map with its key, and says which. */
export const readMap = (reading: Reading): Token => {
  const { cursor, language, complain } = reading;
  const map = cursor.take();
  if (cursor.is('[')) {
    cursor.take();
    readList(reading, ']');
  } else if (!language.scratch.has(map.text)) {
    complain(map.line, `${map.text} needs a key: ${map.text}[pid]`);
  }
  return map;
};

const readList = (reading: Reading, close: string): void => {
  readExpression(reading);
  while (reading.cursor.is(',')) {
    reading.cursor.take();
    readExpression(reading);
  }
  reading.cursor.expect(close);
};

const readOperand = (reading: Reading): void => {
  const { cursor } = reading;
  for (;;) {
    const cast = castLength(cursor);
    if (cast === 0 && !(cursor.peek().kind === 'sign' && UNARY.has(cursor.peek().text))) break;
    for (let passed = 0; passed < Math.max(1, cast); passed += 1) cursor.take();
  }
  readValue(reading);
  for (;;) {
    if (cursor.is('->') || cursor.is('.')) {
      cursor.take();
      const field = cursor.take();
      if (field.kind !== 'word' && field.kind !== 'number') cursor.unexpected(field, 'the name of a field');
    } else if (cursor.is('[')) {
      cursor.take();
      readList(reading, ']');
    } else return;
  }
};

/** Of `(uint64)` or `(struct task_struct *)`, in words; 0 where none is. */
const castLength = (cursor: Cursor): number => {
  if (!cursor.is('(')) return 0;
  const isStruct = cursor.peek(1).text === 'struct' && cursor.peek(2).kind === 'word';
  if (!isStruct && !WHOLE_NUMBER.test(cursor.peek(1).text)) return 0;
  let length = isStruct ? 3 : 2;
  while (cursor.is('*', length)) length += 1;
  return cursor.is(')', length) ? length + 1 : 0;
};

const readValue = (reading: Reading): void => {
  const { cursor, language } = reading;
  const { kind } = cursor.peek();
  if (kind === 'map') {
    readMap(reading);
    return;
  }
  const token = cursor.take();
  if (kind === 'number' || kind === 'string' || kind === 'variable') return;
  if (kind === 'sign' && token.text === '(') {
    readExpression(reading);
    cursor.expect(')');
  } else if (kind !== 'word') {
    cursor.unexpected(token, 'a value');
  } else if (cursor.is('(')) {
    if (!FUNCTIONS.has(token.text)) refuseWord(reading, token, 'function');
    cursor.take();
    readList(reading, ')');
  } else if (!VALUES.has(token.text) && !language.constants.has(token.text)) {
    refuseWord(reading, token, 'value');
  }
};

/** Why this word may not be here, and what may. */
export const refuseWord = (
  { complain, language }: Reading,
  { text: word, line }: Token,
  what: 'function' | 'value' | readonly string[],
): never => {
  if (OF_THE_FRAME.has(word)) return complain(line, `${word}() belongs to the frame, not to a probe`);
  if (COUNTING.has(word)) return complain(line, `${word}() stands alone, right of the "=" of a map`);
  if (what === 'function') {
    const known = [...COUNTING, ...FUNCTIONS].join(', ');
    return complain(line, `${word}() is no function that a probe may use (${known})`);
  }
  if (what === 'value') {
    const known = [...VALUES, ...language.constants].join(', ');
    return complain(line, `${word} is no value that a probe may use (${known})`);
  }
  return complain(line, `${word} is no statement that a probe may use (${what.join(', ')})`);
};
