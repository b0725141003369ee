/**
 * A shipped script, attached to a program of our own instead of the kernel. Where no real kernel can be made to do
 * what a probe counts, this proves its logic: predicates, bodies and maps are the shipped text, letter for letter.
 * Only two things are replaced, by table: an attach point by a uprobe on the function that stands in for it, and
 * `args->FIELD` in that clause by the argument in the same place. Clauses of the frame keep their tracepoints.
 */
export type StandIn = {
  /** Of the program. */
  readonly function: string;
  /** Names of the event's fields, in the order of the function's arguments. */
  readonly fields: readonly string[];
};

/** Every clause of the script that is not the frame's must have all its attach points in `table`. */
export const attachTo = (program: string, script: string, table: Readonly<Record<string, StandIn>>): string =>
  script.replace(CLAUSE, (clause: string, head: string, rest: string) => {
    const points = head.split(/,\s*/);
    if (points.some((point) => FRAME.test(point))) return clause;
    const standIns = points.map((point) => {
      const standIn = table[point];
      if (standIn === undefined) throw new Error(`nothing stands in for ${point}`);
      return standIn;
    });
    const places = new Set(standIns.map(({ fields }) => fields.join()));
    if (places.size > 1) throw new Error(`${head}: the fields are in different places`);
    const uprobes = standIns.map((standIn) => `uprobe:${program}:${standIn.function}`);
    return `${uprobes.join(',\n')}\n${rest
      .replace(CAST, '')
      .replace(/(?:\$\w+_)?args->(\w+)/g, (_, field: string) => {
        const place = standIns[0]?.fields.indexOf(field) ?? -1;
        if (place < 0) throw new Error(`${head} has no stand-in for the field ${field}`);
        return `arg${place}`;
      })}`;
  });

/**
 * As assembly writes it: attach points, the predicate on lines of its own, a body that ends with a brace alone; or, where it
 * takes `args` once (src/probes/args-once.ts), the predicate inside the body, and one brace more.
 */
const CLAUSE = /^((?:tracepoint|kprobe):\S+(?:,\n\S+)*)\n+([/{][\s\S]*?^\}(?: \})?)$/gm;
const CAST = /\$\w+ = \(struct _tracepoint_\w+ \*\)args;/;
const FRAME = /^tracepoint:(?:sched:sched_process_(?:fork|exit|exec)|task:task_rename)$/;
