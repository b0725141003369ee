/** The words of a fragment: what is not among them is no part of a probe. */

export type Token = {
  readonly kind: 'string' | 'number' | 'map' | 'variable' | 'word' | 'sign' | 'unknown' | 'end';
  readonly text: string;
  /** 1-based, in its file. */
  readonly line: number;
};

/**
 * Variables begin with a small letter, because assembly puts the probe's name before it. Strings hold nothing that
 * assembly or bpftrace would take for more than text: no `@`, `$`, quote or backslash.
 */
const TOKEN =
  /(?<string>"[\w .,:;/+{}()[\]<>=%!?*&|#'-]*")|(?<number>0[xX][0-9a-fA-F]+|\d+)(?!\w)|(?<map>@[A-Za-z]\w*)|(?<variable>\$[a-z]\w*)|(?<word>[A-Za-z_]\w*)|(?<sign>->|<<=|>>=|<<|>>|&&|\|\||\+\+|--|[-+*/%&|^<>=!]=|[-+*/%&|^<>=!~?:;,.(){}[\]])/y;

/** Of what is not understood. */
const MOST_QUOTED = 40;

const KINDS = ['string', 'number', 'map', 'variable', 'word', 'sign'] as const;

/** All of them up to the first that is unknown, and an `end`. */
const tokensOf = (text: string, firstLine: number): Token[] => {
  const tokens: Token[] = [];
  let line = firstLine;
  let at = 0;
  while (at < text.length) {
    const blank = /\s+/y;
    blank.lastIndex = at;
    const space = blank.exec(text)?.[0];
    if (space !== undefined) {
      line += space.split('\n').length - 1;
      at += space.length;
      continue;
    }
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(text)?.groups;
    const kind = KINDS.find((name) => groups?.[name] !== undefined);
    const found = kind === undefined ? undefined : groups?.[kind];
    if (kind === undefined || found === undefined) {
      const unknown = text.slice(at, at + MOST_QUOTED).split(/\s/, 1)[0] ?? '';
      return [...tokens, { kind: 'unknown', text: unknown, line }];
    }
    tokens.push({ kind, text: found, line });
    at += found.length;
  }
  return [...tokens, { kind: 'end', text: '', line }];
};

/** The words one after the other. */
export type Cursor = {
  peek(ahead?: number): Token;
  take(): Token;
  is(sign: string, ahead?: number): boolean;
  /** Passes this sign, or complains that it is not there. */
  expect(sign: string): void;
  unexpected(token: Token, wanted: string): never;
  /** Reads what stands inside something else, which has a bound: the stack has one too. */
  nested(read: () => void): void;
};

/** The bundled scripts nest to a tenth of it. */
const MOST_NESTED = 200;

/** Calls its function for a place in the script and what is wrong there, which throws. */
export type Complaint = (line: number, why: string) => never;

export const cursorOf = (text: string, firstLine: number, complain: Complaint): Cursor => {
  const tokens = tokensOf(text, firstLine);
  let at = 0;
  let depth = 0;
  const cursor: Cursor = {
    peek: (ahead = 0) => {
      const token = tokens[Math.min(at + ahead, tokens.length - 1)] as Token;
      if (token.kind !== 'unknown') return token;
      return complain(token.line, `${JSON.stringify(token.text)} is not in the language of a probe's script`);
    },
    take: () => {
      at += 1;
      return cursor.peek(-1);
    },
    is: (sign, ahead = 0) => cursor.peek(ahead).kind === 'sign' && cursor.peek(ahead).text === sign,
    expect: (sign) => {
      if (!cursor.is(sign)) cursor.unexpected(cursor.peek(), `"${sign}"`);
      at += 1;
    },
    unexpected: (token, wanted) =>
      complain(token.line, `${token.kind === 'end' ? 'the end' : token.text} where ${wanted} should be`),
    nested: (read) => {
      depth += 1;
      if (depth > MOST_NESTED) complain(cursor.peek().line, `nested more than ${MOST_NESTED} deep`);
      read();
      depth -= 1;
    },
  };
  return cursor;
};
