import { describe, expect, it } from 'vitest';
import { argsOnce } from '../../src/probes/args-once.ts';
import { assemble } from '../../src/probes/assemble.ts';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { hostFacts, LOCKED_6_18 } from './hosts.ts';

const FORMATS: Readonly<Record<string, string>> = {
  'a:one':
    '\tfield:int size;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:char rwbs[8];\toffset:12;\tsize:8;\tsigned:0;\n',
  'a:same':
    '\tfield:int size;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:long other;\toffset:16;\tsize:8;\tsigned:1;\n',
  'a:moved': '\tfield:int size;\toffset:16;\tsize:4;\tsigned:1;\n',
};
const facts = (bpftrace: string) => {
  const host = hostFacts({ tracepoints: {}, bpftrace });
  return { ...host, tracepoints: { ...host.tracepoints, format: (name: string) => FORMATS[name] ?? null } };
};
const once = (script: string, bpftrace = '0.17.0') => argsOnce(script, '$args', facts(bpftrace));

describe('argsOnce', () => {
  it('casts once in a clause, and takes its predicate into the body', () => {
    expect(once('tracepoint:a:one\n/args->size > 1 && 1/\n{\n  @n[args->size] = sum(args->size);\n}\n')).toBe(
      'tracepoint:a:one\n\n{ $args = (struct _tracepoint_a_one *)args; if ($args->size > 1 && 1) {\n' +
        '  @n[$args->size] = sum($args->size);\n} }\n',
    );
  });

  it('leaves a predicate where it is that takes no field', () => {
    expect(once('tracepoint:a:one\n/pid == 7/\n{\n  @n[pid] = sum(args->size);\n}')).toBe(
      'tracepoint:a:one\n/pid == 7/\n{ $args = (struct _tracepoint_a_one *)args;\n  @n[pid] = sum($args->size);\n}',
    );
  });

  it('takes several events for one where the fields stand in the same places, and only there', () => {
    const of = (points: string, field = 'size') => `${points}\n/1/\n{\n  @n[pid] = sum(args->${field});\n}`;
    expect(once(of('tracepoint:a:one,\ntracepoint:a:same'))).toContain('struct _tracepoint_a_one *');
    for (const script of [
      of('tracepoint:a:one,\ntracepoint:a:moved'),
      of('tracepoint:a:one,\ntracepoint:a:same', 'rwbs'),
      of('tracepoint:a:one,\ntracepoint:a:unknown'),
      of('tracepoint:a:one,\nsoftware:major-faults:1'),
      of('uprobe:/bin/sh:main'),
    ])
      expect(once(script)).toBe(script);
  });

  it('leaves alone what needs no cast, and bpftrace that takes none', () => {
    const plain = 'BEGIN\n{\n  printf("begin {%d}\\n", pid);\n}\ntracepoint:a:one\n{\n  @n = count();\n}\n';
    expect(once(plain)).toBe(plain);
    const fields = 'tracepoint:a:one\n{\n  @n[pid] = sum(args->size);\n}\n';
    expect(once(fields, '0.17.1')).not.toBe(fields);
    for (const version of ['0.14.0', '0.18.0', '0.19.0', '0.23.2', '0.27.1'])
      expect(once(fields, version)).toBe(fields);
  });

  it('leaves lines where they are, so that a complaint of bpftrace finds its probe', () => {
    const selected = loadCatalogue().map(({ manifest, folder }) =>
      selectVariant(manifest, folder, LOCKED_6_18),
    );
    const script = (bpftrace: string) => {
      // The same formats everywhere: every field where it is asked for.
      const format = () =>
        ['opcode', 'ret', 'rwbs', 'dev', 'sector', 'nr_sector', 'pid', 'prev_state', 'next_pid', 'flags']
          .map((field) => `field:int ${field};`)
          .join('\n');
      const known = { ...LOCKED_6_18, bpftrace: { path: '/usr/bin/bpftrace', version: bpftrace } };
      return assemble({
        selected,
        filter: { kind: 'all' },
        intervalMs: 1000,
        mapKeys: 16384,
        facts: { ...known, tracepoints: { ...known.tracepoints, format } },
      }).script.split('\n');
    };
    const [cast, plain] = [script('0.17.0'), script('0.19.0')];
    expect(cast.filter((line) => line.includes('= (struct _tracepoint_')).length).toBeGreaterThan(10);
    expect(cast).toHaveLength(plain.length);
    const bare = (line: string) => line.replace(/\$\w*args->/g, 'args->');
    const changed = cast.filter((line, index) => bare(line) !== plain[index]);
    expect(changed.filter((line) => !/^$|^\{ \$\w*args = |^\} \}$/.test(line))).toEqual([]);
  });
});
