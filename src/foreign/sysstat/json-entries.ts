/**
 * sadf's JSON as it comes by: entries of the first host's statistics one at a time, and all the rest, in which that list is
 * empty, at the end. A day of a large host is hundreds of megabytes of entries, and some lines of the rest.
 */
import type { Chunks } from '../lines.ts';
import type { Json } from './json.ts';

/** Of an entry, and of all that is none. */
const MOST_CHARS = 32 * 1024 * 1024;
/** The list of statistics stands in a host, in a list, in an object, in an object. */
const LIST_DEPTH = 5;

const [QUOTE, ESCAPE, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [34, 92, 123, 125, 91, 93];

/** Calls back with each entry and its number, until one is refused; then, or when it is no JSON, why. */
export const readEntries = async (
  chunks: Chunks,
  take: (entry: Json, number: number) => string | null,
): Promise<{ readonly rest: Json } | { readonly number: number; readonly why: string }> => {
  const decoder = new TextDecoder();
  let [depth, isText, isEscaped, isEntries] = [0, false, false, false];
  let [number, lists] = [0, 0];
  let [rest, entry] = ['', ''];
  let why: string | null = null;

  const takeEntry = (text: string): void => {
    if (text.trim() === '') return;
    number += 1;
    const parsed = parse(text);
    why ??= 'why' in parsed ? parsed.why : take(parsed.value, number);
  };

  const takeText = (text: string): void => {
    let from = 0;
    const moveTo = (end: number): void => {
      if (isEntries) entry += text.slice(from, end);
      else rest += text.slice(from, end);
      from = end;
    };
    for (let at = 0; at < text.length && why === null; at += 1) {
      const code = text.charCodeAt(at);
      if (isText) {
        if (isEscaped) isEscaped = false;
        else if (code === ESCAPE) isEscaped = true;
        else if (code === QUOTE) isText = false;
        continue;
      }
      if (code === QUOTE) isText = true;
      else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        depth += 1;
        if (code !== OPEN_BRACKET || depth !== LIST_DEPTH || isEntries) continue;
        moveTo(at + 1);
        isEntries = lists === 0 && /"statistics"\s*:\s*\[$/.test(rest.slice(-80));
        if (isEntries) lists += 1;
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        depth -= 1;
        if (!isEntries || depth > LIST_DEPTH) continue;
        // An entry ends here, or the list does.
        moveTo(depth === LIST_DEPTH ? at + 1 : at);
        takeEntry(entry.replace(/^\s*,/, ''));
        entry = '';
        if (depth < LIST_DEPTH) isEntries = false;
      }
    }
    moveTo(text.length);
    if (entry.length > MOST_CHARS || rest.length > MOST_CHARS) why ??= 'a part of it is longer than 32 MiB';
  };

  for await (const chunk of chunks) {
    takeText(decoder.decode(chunk, { stream: true }));
    if (why !== null) return { number, why };
  }
  takeText(decoder.decode());
  if (why !== null) return { number, why };
  const parsed = parse(rest);
  return 'why' in parsed ? { number, why: parsed.why } : { rest: parsed.value };
};

const parse = (text: string): { readonly value: Json } | { readonly why: string } => {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { why: `it is not JSON: ${(error as Error).message}` };
  }
};
