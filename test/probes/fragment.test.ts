import { describe, expect, it } from 'vitest';
import { isFailure } from '../../src/errors.ts';
import { mapsIn, parseFragment, tracepointOf } from '../../src/probes/fragment.ts';
import { parseManifest } from '../../src/probes/parse-manifest.ts';

const manifest = parseManifest(
  JSON.stringify({
    format: 1,
    id: 'x',
    title: 'X',
    question: 'X?',
    metrics: [{ name: 'n', map: '@x_n', kind: 'counter', unit: 'count', label: 'n', help: 'n' }],
    scratch: [{ map: '@x_start', key: 'tid' }],
    variants: [
      {
        id: 'v',
        file: 'v.bt',
        title: 'v',
        when: { facility: 'tracepoint', tracepoints: ['a:b', 'a:c'], functions: ['f'] },
        counts: { n: 'n' },
        optional: ['a:maybe'],
        constants: [{ token: 'BIT', tracepoint: 'a:b', flag: '__BIT' }],
        needs: 'a:b',
      },
    ],
    overhead: 'none',
    caveats: [],
  }),
  '/x',
);
const [variant] = manifest.variants;
const parse = (source: string) => parseFragment(source, manifest, '/x', variant!);

const HEAD = '#define TRACED 1\n#define BIT 0x10\n';
const GOOD = `${HEAD}
/* A header with { braces }, @maps and "quotes". */
tracepoint:a:b, // the first
tracepoint:a:maybe
/args->x / 2 == 1 && TRACED/
{
  @seen[pid] = 1;
  if (strncmp(comm, "a}b//c", 3) == 0) { @x_n[pid] = count(); } // not a { clause
  @x_start[tid] = nsecs;
}
tracepoint:a:c /@x_start[tid]/ { delete(@x_start[tid]); }
`;

describe('parseFragment', () => {
  it('takes clauses apart; comments, strings and division do not mislead it', () => {
    const [first, second, ...rest] = parse(GOOD);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      attach: ['tracepoint:a:b', 'tracepoint:a:maybe'],
      predicate: 'args->x / 2 == 1 && TRACED',
      line: 5,
    });
    expect(first?.body).toContain('"a}b//c"');
    expect(first?.body).not.toContain('not a');
    expect(second).toMatchObject({ attach: ['tracepoint:a:c'], predicate: '@x_start[tid]', line: 13 });
  });

  it('takes what computes', () => {
    const body = [
      '$at = (uint64)curtask; $at += 8 * 2; $at++;',
      '$task = (struct task_struct *)curtask; $live = $task->signal->live.counter;',
      '$size = *((uint32 *)kptr($at + BIT)) & 0xff; $name = str(args->filename);',
      'unroll (3) { if ($size > 1 ? TRACED : -1) { } else if (!retval) { return; } else { @x_start[tid] = arg0; } }',
      'while ($at < 3) { break; } delete(@x_start[tid]); @x_n[pid] = sum($at << 2);',
    ].join('\n');
    expect(parse(`${HEAD}tracepoint:a:b /TRACED/ { @seen[pid] = 1; ${body} }`)).toHaveLength(1);
  });

  const BODY = '{ @seen[pid] = 1; @x_n[pid] = count(); }';
  const broken: readonly (readonly [string, string, string])[] = [
    ['an empty file', HEAD, 'v.bt:1: there is no clause in it'],
    ['a missing define', `#define TRACED 1\ntracepoint:a:b /TRACED/ ${BODY}`, '#define BIT is missing'],
    ['another define or an include', `${HEAD}#include <linux/fs.h>\n`, 'v.bt:3: only "#define TRACED 1"'],
    ['no predicate', `${HEAD}tracepoint:a:b ${BODY}`, 'v.bt:3: a clause without a predicate'],
    [
      'an unguarded clause',
      `${HEAD}tracepoint:a:b /args->x == 1/ ${BODY}`,
      'v.bt:3: the predicate has neither TRACED',
    ],
    [
      'an unnamed tracepoint',
      `${HEAD}tracepoint:a:z /TRACED/ ${BODY}`,
      'a:z is named neither in when.tracepoints',
    ],
    ['an unnamed function', `${HEAD}kprobe:g /TRACED/ ${BODY}`, 'g is not named in when.functions'],
    ['a wildcard', `${HEAD}tracepoint:a:* /TRACED/ ${BODY}`, 'wildcards'],
    ['BEGIN', `${HEAD}BEGIN /TRACED/ ${BODY}`, '"BEGIN" is not an attach point'],
    ['an interval', `${HEAD}interval:s:1 /TRACED/ ${BODY}`, 'is not an attach point'],
    ['printing', `${HEAD}tracepoint:a:b /TRACED/ { print(@x_n); }`, 'print() belongs to the frame'],
    ['clearing', `${HEAD}tracepoint:a:b /TRACED/ { clear (@x_n); }`, 'clear() belongs to the frame'],
    ...[
      ['a forged line', 'printf("exit 1 2 3 x\\n");', 'v.bt:5: printf() belongs to the frame'],
      ['a comment in a call', 'prin\\\ntf("x");', 'prin is no statement'],
      ['a call by another word', 'cat("/etc/shadow");', 'v.bt:5: cat is no statement that a probe may use'],
      ['a file in a value', '$x = cat("/etc/shadow");', 'cat() is no function'],
      ['a program', 'if (1) { system("id"); }', 'system() belongs to the frame'],
      ['a signal', '$x = 1; signal("KILL");', 'signal is no statement'],
      ['a forced result', 'override(1);', 'override is no statement'],
      ['a word of a later bpftrace', 'let $x = 1;', 'let is no statement'],
      ['a positional parameter', '@x_n[$1] = count();', '"$1]" is not in the language'],
      ['a variable that would not be renamed', '$X = 1;', '"$X" is not in the language'],
      [
        'a string that assembly would take for code',
        'if (strncmp(comm, "@seen[pid] = 1;", 3) == 0) { }',
        'is not in the language',
      ],
      ['a string with an escape', 'if (strncmp(comm, "\\x41", 3) == 0) { }', 'is not in the language'],
      ['a stack', '@x_start[tid] = kstack;', 'kstack is no value'],
      ['a count in a sum', '@x_n[pid] = 1 + count();', 'count() stands alone'],
      ['a metric without a key', '@x_n = count();', '@x_n needs a key'],
      ['an inexact increment', '@x_n[pid]++;', '@x_n is set with "="'],
      ['an end that is not one', '@seen[pid] = 2;', '@seen is set to 1 and to nothing else'],
      ['forgetting', 'delete(@seen[pid]);', 'only the frame deletes from @seen'],
      ['forgetting a count', 'delete(@x_n[pid]);', 'only the frame deletes from @x_n'],
      ['a value that is not there', '$x = username;', 'username is no value'],
      ['a deep nest', `$x = ${'('.repeat(100_000)}1;`, 'nested more than 200 deep'],
      ['a long chain', `${'if (1) { } else '.repeat(1_000)}if (1) { }`, 'nested more than 200 deep'],
    ].map(
      ([name, statement, why]) =>
        [name, `${HEAD}\ntracepoint:a:b /TRACED/ { @seen[pid] = 1;\n${statement} }`, why] as [
          string,
          string,
          string,
        ],
    ),
    [
      'a predicate that reads a file',
      `${HEAD}tracepoint:a:b /TRACED && cat("/etc/shadow") == 1/ ${BODY}`,
      'v.bt:3',
    ],
    [
      'an action hidden in an attach point',
      `${HEAD}software:faults:1/1/ /TRACED/ ${BODY}`,
      'is not written like',
    ],
    ["another's map", `${HEAD}tracepoint:a:b /TRACED/ { @y[pid] = count(); }`, 'the map @y is not one'],
    ['an unkept promise', `${HEAD}tracepoint:a:b /TRACED/ { @seen[pid] = 1; }`, 'counts promises "n"'],
    ['a process nobody sees', `${HEAD}tracepoint:a:b /TRACED/ { @x_n[pid] = count(); }`, '@seen[pid] = 1;'],
    [
      'an open brace',
      `${HEAD}tracepoint:a:b /TRACED/ { if (1) { @x_n[pid] = count(); }`,
      'a brace that is never closed',
    ],
    ['a head alone', `${HEAD}tracepoint:a:b /TRACED/`, 'a clause without a body'],
  ];
  it.each(broken)('refuses %s', (_name, source, expected) => {
    expect(() => parse(source)).toThrow(expected);
    try {
      parse(source);
    } catch (error) {
      expect(isFailure(error, 'E_PROBE_MANIFEST')).toBe(true);
    }
  });
});

it('knows a tracepoint from other attach points', () => {
  expect(tracepointOf('tracepoint:a:b')).toBe('a:b');
  expect(tracepointOf('kprobe:a')).toBeNull();
  expect(tracepointOf('software:major-faults:1')).toBeNull();
});

it('finds maps', () => {
  expect([...mapsIn('@a[@b[1]] = @a + c')]).toEqual(['@a', '@b']);
});
