import { describe, expect, it } from 'vitest';
import { complaintOf, refusalOf, tellingLines } from '../../src/tracer/refusal.ts';
import { fixture } from '../helpers/captured.ts';
import { scriptOf } from '../helpers/fake-tracer.ts';

const captured = (name: string): string => fixture(`captured/bpftrace-0.17/${name}.stderr`);

/** As many lines as the scripts that were captured: the second clause is another probe's. */
const script = scriptOf(
  {},
  {
    script: 'BEGIN { @a = 1; }\ntracepoint:nothing:here\n{\n  @y[pid] = count();\n}\nkprobe:vfs_read\n{\n}\n',
    ownerOfLine: (number) => (number === 1 ? null : number < 6 ? 'iomap' : 'kswapd'),
  },
);

describe('what bpftrace 0.17 really says', () => {
  it('of a script that does not compile: its caret lines, without the harmless ones', () => {
    const { probe, error } = refusalOf(script, captured('compile-error'), 1);
    expect(probe).toBe('iomap');
    expect(error.code).toBe('E_PROBE_COMPILE');
    expect(error.message.split('\n')).toEqual([
      'bpftrace refused the script of iomap:',
      '    stdin:3:13-18: ERROR: Unknown function: cuont',
      '      @x[pid] = cuont();',
      '                ~~~~~',
    ]);
    expect(error.next).toContain('stallscope probes show iomap');
  });

  it('of a tracepoint that is not there: the clause that asks for it, not the one before', () => {
    const { probe, error } = refusalOf(script, captured('missing-tracepoint'), 1);
    expect(probe).toBe('iomap');
    expect(error.message).toContain('tracepoint not found: nothing:here');
  });

  it('of an attach that failed', () => {
    const { error } = refusalOf(script, captured('attach-error'), 255);
    expect(error.code).toBe('E_PROBE_ATTACH');
    expect(error.message).toContain("Error attaching probe: 'kprobe:vfs_read'");
  });
});

describe('refusals', () => {
  it('find the probe by its attach point where no line is reported', () => {
    expect(refusalOf(script, "ERROR: Error attaching probe: 'kprobe:vfs_read'\n", 255).probe).toBe('kswapd');
  });

  it('may be of each probe that has a clause at the attach point', () => {
    const both = scriptOf(
      {},
      {
        script: 'kprobe:f,\nkprobe:g\n{ }\nkprobe:f\n{ }\n',
        ownerOfLine: (line) => (line < 4 ? 'iomap' : 'own'),
      },
    );
    const { probe, among, error } = refusalOf(both, 'ERROR: Error loading program: kprobe:f (try -v)\n', 255);
    expect([probe, among]).toEqual([null, ['iomap', 'own']]);
    expect(error.message).toContain('one of iomap, own');
    expect(refusalOf(both, 'ERROR: Error loading program: kprobe:g (try -v)\n', 255).probe).toBe('iomap');
  });

  it("say nothing of warnings, which are often another probe's", () => {
    const said =
      'stdin:2:1-3: WARNING: types differ\n  $iomap_x = 1;\n  ~~~\nstdin:6:1-4: ERROR: unknown field\n  y\n  ~\n';
    expect(refusalOf(script, said, 1).error.message).not.toContain('$iomap_x');
  });

  it('belong to no probe when bpftrace names none of ours', () => {
    const { probe, error } = refusalOf(script, '', 1);
    expect(probe).toBeNull();
    expect(error.message).toContain('(bpftrace gave no reason)');
  });

  it('accuse no probe of what belongs to none', () => {
    const { error } = refusalOf(script, 'ERROR: Could not read symbols\n', 1);
    expect(error.message).not.toMatch(/iomap|kswapd/);
    expect(refusalOf(script, 'ERROR: Error attaching probes\n', 255).error.message).not.toMatch(
      /iomap|kswapd/,
    );
  });

  it('are of the place of the error, not of a warning before it', () => {
    const said = 'stdin:2-3: WARNING: signed and unsigned are compared\nstdin:6:1-4: ERROR: unknown field\n';
    const only = 'stdin:6:1-4: ERROR: unknown field\n';
    expect(refusalOf(script, said, 1).probe).toBe(refusalOf(script, only, 1).probe);
  });

  it('belong to no probe when the whole script is meant, though all of it follows', () => {
    const said = `8 warnings and 1 error generated.\nstdin:1-7: ERROR: failed to build\n${script.script}`;
    expect(refusalOf(script, said, 1).probe).toBeNull();
  });

  it('are bounded, however much it says', () => {
    const { error } = refusalOf(script, `${'x'.repeat(1_000)}\n`.repeat(500), 1);
    expect(error.message.split('\n')).toHaveLength(13);
    expect(Math.max(...error.message.split('\n').map((text) => text.length))).toBeLessThanOrEqual(304);
  });

  it('leave out what is said on hosts where all is well', () => {
    expect(
      tellingLines("\nERROR: Unknown error -1: couldn't set RLIMIT_MEMLOCK for bpftrace.\nreal\n\n"),
    ).toEqual(['real']);
  });
});

describe('why a tracer has ended', () => {
  const WARNED = [
    '/bpftrace/include/asm_goto_workaround.h:25:9: warning: macro redefined [-Wmacro-redefined]',
    '#define volatile_if(x)',
    '        ^',
    'stdin:3:7-9: WARNING: comparison of integers of different signs',
    '  if (args->x < 0) {',
    '      ~~~~~~~~~~~',
    '2 warnings generated.',
  ];

  it('is no warning of its compiler, whatever it quotes', () => {
    expect(complaintOf(`${WARNED.join('\n')}\n`)).toBe('');
    const said = [...WARNED, 'terminate called after throwing an instance of std::bad_alloc'];
    expect(complaintOf(said.join('\n'))).toBe(said.at(-1));
  });

  it('is no line of the script, where a warning is drawn in another way or its head was cut off', () => {
    const cut = ['    ~~', '  if ($python_class == 2 && $x < @m[pid]) {', '                           ~~'];
    expect(complaintOf(cut.join('\n'))).toBe('');
    expect(complaintOf(['ERROR: no memory', '   ^', ...cut].join('\n'))).toBe('ERROR: no memory');
  });

  it('is what it said last, of whatever else it said', () => {
    expect(complaintOf('one\ntwo\nthree\nfour\n')).toBe('two | three | four');
  });
});
