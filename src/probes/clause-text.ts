/** Where the clauses of a script begin and end, in its text without comments. */

/** One clause: its attach points and predicate up to `open`, its body between the braces. */
export type ClauseText = { readonly text: string; readonly open: number; readonly close: number };

/** All of them, one after the other; what stands between two belongs to the second. */
export const clausesIn = (
  script: string,
): { readonly clauses: readonly ClauseText[]; readonly rest: string } => {
  const clauses: ClauseText[] = [];
  let start = 0;
  for (let open = script.indexOf('{'); open >= 0; open = script.indexOf('{', start)) {
    const close = closingBrace(script, open);
    if (close < 0) break;
    clauses.push({ text: script.slice(start, close + 1), open: open - start, close: close - start });
    start = close + 1;
  }
  return { clauses, rest: script.slice(start) };
};

/** The brace that ends what begins at `open`; -1 when there is none. */
export const closingBrace = (code: string, open: number): number => closing(code, open, '{}');

/** The same of a parenthesis. */
export const closingParenthesis = (code: string, open: number): number => closing(code, open, '()');

const closing = (code: string, open: number, [opens, closes]: string): number => {
  const tokens = /"(?:[^"\\\n]|\\.)*"|[{}()]/g;
  tokens.lastIndex = open;
  let depth = 0;
  for (let token = tokens.exec(code); token !== null; token = tokens.exec(code)) {
    if (token[0] === opens) depth += 1;
    if (token[0] === closes) depth -= 1;
    if (depth === 0) return token.index;
  }
  return -1;
};
