/**
 * The same script, such that bpftrace 0.17 reads the list of all the kernel's events less often. In each of its ten
 * passes it reads that list, half a millisecond of it, for every `args` and once more for every field taken of it: 4,000 times
 * for all probes, which is half of the CPU time it takes to start. A pointer that is cast to the event's own structure is
 * asked no more, so each clause casts once:
 *
 *     tracepoint:a:b                       tracepoint:a:b
 *     /args->x > 1/
 *     {                              →     { $args = (struct _tracepoint_a_b *)args; if ($args->x > 1) {
 *       @n[args->y] = count();               @n[$args->y] = count();
 *     }                                    } }
 *
 * Fields keep their types, and lines their numbers. From 0.19 on `args` is no pointer, and cannot be cast.
 */
import type { HostFacts } from '../host/facts.ts';
import { clausesIn } from './clause-text.ts';
import { rereadsLists } from './version.ts';

/** @param variable what the pointer is called, with its `$` */
export const argsOnce = (script: string, variable: string, facts: HostFacts): string => {
  if (!rereadsLists(facts)) return script;
  const { clauses, rest } = clausesIn(script);
  const texts = clauses.map(({ text, open, close }) => {
    const fields = fieldsIn(text);
    const head = text.slice(0, open);
    const struct = fields === null ? null : structOf(head, fields, facts.tracepoints.format);
    return struct === null ? text : castOnce(head, text.slice(open + 1, close), { struct, variable });
  });
  return texts.join('') + rest;
};

type FormatOf = HostFacts['tracepoints']['format'];

/** Fields that are taken; null where there are none, or `args` stands for itself. */
const fieldsIn = (text: string): readonly string[] | null => {
  const uses = [...text.matchAll(/\bargs\b(?:->(\w+))?/g)];
  const fields = uses.flatMap(([, field]) => (field === undefined ? [] : [field]));
  return fields.length > 0 && fields.length === uses.length ? [...new Set(fields)] : null;
};

/** The structure of the clause's event: of the first, where all of them have these fields in the same places. */
const structOf = (head: string, fields: readonly string[], formatOf: FormatOf): string | null => {
  const points = pointsOf(head);
  const events = points.flatMap((point) => /^tracepoint:(\w+:\w+)$/.exec(point)?.[1] ?? []);
  const [first] = events;
  if (first === undefined || events.length < points.length) return null;
  const places = events.map((event) => placesOf(formatOf(event), fields));
  const alike = places.every((place) => place !== null && place === places[0]);
  return alike ? `struct _tracepoint_${first.replace(':', '_')}` : null;
};

const PREDICATE = /\s\/[\s\S]*\/\s*$/;

const pointsOf = (head: string): string[] =>
  head
    .replace(PREDICATE, '')
    .split(',')
    .map((point) => point.trim());

/** What the format says of these fields: type, offset and size. */
const placesOf = (format: string | null, fields: readonly string[]): string | null => {
  const lines = fields.map((field) =>
    format?.split('\n').find((line) => new RegExp(`field:[^;]*\\b${field}(?:\\[[^\\]]*\\])?;`).test(line)),
  );
  return lines.includes(undefined) ? null : lines.join('\n');
};

const castOnce = (
  head: string,
  body: string,
  { struct, variable }: { readonly struct: string; readonly variable: string },
): string => {
  const fromCast = (text: string): string => text.replace(/\bargs->/g, () => `${variable}->`);
  const [predicate = ''] = PREDICATE.exec(head) ?? [];
  const opening = `${variable} = (${struct} *)args;`;
  if (!predicate.includes('args->')) return `${head}{ ${opening}${fromCast(body)}}`;
  const points = head.slice(0, -predicate.length);
  const condition = predicate.trim().slice(1, -1);
  const lines = '\n'.repeat(predicate.split('\n').length - condition.split('\n').length);
  return `${points}${lines}{ ${opening} if (${fromCast(condition)}) {${fromCast(body)}} }`;
};
