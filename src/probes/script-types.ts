/**
 * The kernel types that a script needs: structures that it casts to, the members it takes of them, and whatever the fields of
 * its events are declared with. null where bpftrace must know more: functions it attaches to are found among all types.
 */
import type { WantedTypes } from '../host/btf-extract.ts';
import type { HostFacts } from '../host/facts.ts';
import { rereadsLists } from './version.ts';

export const typesOf = (script: string, facts: HostFacts): Buffer | null => {
  if (!facts.btf || !rereadsLists(facts)) return null;
  if (/^(?:kfunc|kretfunc|fentry|fexit|iter|k(?:ret)?probe):/m.test(script)) return null;
  return facts.extractTypes(wantedBy(script, facts.tracepoints.format));
};

/** Names of kernel code that bpftrace itself puts before the fields of events. */
const ALWAYS = ['u64', 's64', 'u32', 's32', 'bool', 'pid_t'];

export const wantedBy = (script: string, formatOf: HostFacts['tracepoints']['format']): WantedTypes => {
  const casts = [...script.matchAll(/\bstruct (?!_tracepoint_)(\w+)/g)].flatMap(([, name]) => name ?? []);
  const paths = [...script.matchAll(/(?<!args)->(\w+(?:\.\w+)*)/g)].flatMap(
    ([, path]) => path?.split('.') ?? [],
  );
  const events = [...script.matchAll(/^tracepoint:(\w+:\w+)/gm)].flatMap(([, name]) => name ?? []);
  const fields = [...new Set(events)].flatMap((event) => fieldTypes(formatOf(event) ?? ''));
  return {
    structs: [...new Set([...casts, ...(script.includes('curtask') ? ['task_struct'] : [])])],
    members: new Set(paths),
    names: new Set([...ALWAYS, ...fields]),
  };
};

const C_WORDS =
  /^(?:const|volatile|unsigned|signed|char|short|int|long|void|struct|union|enum|float|double)$/;

/** Words of the declarations that are names of types, or of lengths of arrays; of structures only pointers are known. */
const fieldTypes = (format: string): readonly string[] =>
  [...format.matchAll(/field:([^;]*);/g)].flatMap(([, declaration = '']) => {
    const [, type = '', length = ''] = /^(.*?)\w+\s*(\[.*\])?$/.exec(declaration.trim()) ?? [];
    return `${type} ${length}`.split(/\W+/).filter((word) => /^[A-Za-z_]/.test(word) && !C_WORDS.test(word));
  });
