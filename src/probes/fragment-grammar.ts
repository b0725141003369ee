/**
 * What the clauses of a fragment may say: a grammar of their own, much smaller than bpftrace's. A fragment computes and
 * counts; whatever prints, reads files, runs programs, acts on a process or touches what the frame keeps is not in the
 * grammar, whether or not bpftrace knows a word for it today.
 *
 *     statement   $v = E;  $v += E;  $v++;  @map[E, …] = E;  @map[E, …] = count();  … = sum(E);  … = max(E);  … = hist(E);
 *                 delete(@map[E, …]);  if (E) {…} else {…}  while (E) {…}  unroll (N) {…}  break;  continue;  return;
 *     E           numbers, strings, $v, @map[E, …], known values and functions, casts to whole numbers and structures,
 *                 fields, indices, operators (fragment-expression.ts)
 */
import {
  isCounting,
  type Language,
  type Reading,
  readExpression,
  readMap,
  refuseWord,
} from './fragment-expression.ts';
import { type Complaint, cursorOf, type Token } from './fragment-tokens.ts';

/** A text of a script, and where in its file it begins. */
export type Piece = { readonly text: string; readonly line: number };

/** Calls `complain`, which throws, at the first place that is not in the grammar. */
export const checkPredicate = ({ text, line }: Piece, language: Language, complain: Complaint): void => {
  const cursor = cursorOf(text, line, complain);
  readExpression({ cursor, language, complain });
  if (cursor.peek().kind !== 'end') cursor.unexpected(cursor.peek(), 'the end of the predicate');
};

/** The same for what stands in a clause's braces. */
export const checkBody = ({ text, line }: Piece, language: Language, complain: Complaint): void => {
  const cursor = cursorOf(text, line, complain);
  readStatements({ cursor, language, complain });
  if (cursor.peek().kind !== 'end') cursor.unexpected(cursor.peek(), 'a statement');
};

const readStatements = (reading: Reading): void => {
  while (reading.cursor.peek().kind !== 'end' && !reading.cursor.is('}'))
    reading.cursor.nested(() => readStatement(reading));
};

const readStatement = (reading: Reading): void => {
  const { cursor } = reading;
  const { kind } = cursor.peek();
  if (cursor.is(';')) cursor.take();
  else if (kind === 'map') setMap(reading);
  else if (kind === 'variable') setVariable(reading);
  else if (kind !== 'word') cursor.unexpected(cursor.peek(), 'a statement');
  else {
    const word = cursor.take();
    const rest = STATEMENTS.get(word.text);
    if (rest === undefined) refuseWord(reading, word, [...STATEMENTS.keys()]);
    else rest(reading);
  }
};

const SEEN = '@seen';

const setMap = (reading: Reading): void => {
  const { cursor, complain } = reading;
  const map = readMap(reading);
  if (!cursor.is('='))
    complain(map.line, `${map.text} is set with "=", or counted with count(), sum(), max() or hist()`);
  cursor.take();
  if (map.text === SEEN && (cursor.peek().text !== '1' || !cursor.is(';', 1)))
    complain(map.line, `${SEEN} is set to 1 and to nothing else`);
  checkHistogram(reading, map);
  if (isCounting(reading)) {
    const counting = cursor.take();
    cursor.expect('(');
    if (counting.text !== 'count') readExpression(reading);
    cursor.expect(')');
  } else readExpression(reading);
  cursor.expect(';');
};

/** Assembly writes the buckets in its place, and the frame deletes them. */
const checkHistogram = ({ cursor, language, complain }: Reading, { text: map, line }: Token): void => {
  const isHist = cursor.peek().text === 'hist';
  if (isHist && !language.histograms.has(map)) complain(line, `${map} is no histogram in the manifest`);
  if (!isHist && language.histograms.has(map)) complain(line, `${map} is a histogram: it is set with hist()`);
};

const ASSIGNING = /^(?:\+|-|\*|\/|%|&|\||\^|<<|>>)?=$/;

const setVariable = (reading: Reading): void => {
  const { cursor } = reading;
  cursor.take();
  const sign = cursor.take();
  if (sign.text !== '++' && sign.text !== '--') {
    if (!ASSIGNING.test(sign.text)) cursor.unexpected(sign, '"="');
    readExpression(reading);
  }
  cursor.expect(';');
};

const readBlock = (reading: Reading): void => {
  reading.cursor.expect('{');
  readStatements(reading);
  reading.cursor.expect('}');
};

const readGuarded = (reading: Reading): void => {
  reading.cursor.expect('(');
  readExpression(reading);
  reading.cursor.expect(')');
  readBlock(reading);
};

const readIf = (reading: Reading): void => {
  const { cursor } = reading;
  readGuarded(reading);
  if (cursor.peek().text !== 'else') return;
  cursor.take();
  if (cursor.peek().text === 'if') cursor.nested(() => readStatement(reading));
  else readBlock(reading);
};

const readDelete = (reading: Reading): void => {
  const { cursor, language, complain } = reading;
  cursor.expect('(');
  if (cursor.peek().kind !== 'map') cursor.unexpected(cursor.peek(), 'a map');
  const map = readMap(reading);
  if (!language.deletable.has(map.text))
    complain(map.line, `only the frame deletes from ${map.text}: it is neither scratch nor of threads`);
  cursor.expect(')');
  cursor.expect(';');
};

const readEnd = ({ cursor }: Reading): void => cursor.expect(';');

/** What follows each of the words that begin a statement. */
const STATEMENTS: ReadonlyMap<string, (reading: Reading) => void> = new Map([
  ['delete', readDelete],
  ['if', readIf],
  ['while', readGuarded],
  ['unroll', readGuarded],
  ['break', readEnd],
  ['continue', readEnd],
  ['return', readEnd],
]);
