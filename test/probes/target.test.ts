/** Variants on user programs: which files they get, and what assembly makes of them. */
import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../src/host/facts.ts';
import { findTargets, type TargetRequest, type Targets } from '../../src/host/targets.ts';
import { assemble } from '../../src/probes/assemble.ts';
import { parseFragment } from '../../src/probes/fragment.ts';
import { parseManifest } from '../../src/probes/parse-manifest.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { fakeFiles } from '../helpers/fake-files.ts';
import { hostFacts, KERNEL_6_18 } from './hosts.ts';

const WRITTEN = '/usr/bin/snake';
const variantOf = (id: string, more: object = {}) => ({
  id,
  file: `${id}.bt`,
  title: 't',
  when: { facility: 'uprobe', tracepoints: ['sched:sched_process_fork'] },
  target: { finder: 'snake', written: WRITTEN },
  counts: { n: 'n' },
  needs: 'snakes',
  ...more,
});
const manifestOf = (...variants: readonly object[]) =>
  parseManifest(
    JSON.stringify({
      format: 1,
      id: 'x',
      title: 'X',
      question: 'X?',
      metrics: [{ name: 'n', map: '@x_n', kind: 'counter', unit: 'count', label: 'n', help: 'n' }],
      scratch: [{ map: '@x_start', key: 'tid' }],
      variants,
      overhead: 'none',
      caveats: [],
    }),
    '/x',
  );

const BODY = '@seen[pid] = 1; @x_n[pid] = count(); @x_start[tid] = arg0;';
const MARKED = `#define TRACED 1
usdt:${WRITTEN}:snake:gc__start,
tracepoint:sched:sched_process_fork
/TRACED/
{ ${BODY} }
usdt:${WRITTEN}:snake:gc__done /@x_start[tid]/ { delete(@x_start[tid]); }
`;
const CALLED = `#define TRACED 1\nuprobe:${WRITTEN}:Snake_Malloc /TRACED/ { ${BODY} }\n`;

/** Programs by path, each with what it lacks. */
const factsOf = (lacking: Readonly<Record<string, readonly string[]>>): HostFacts =>
  hostFacts({
    tracepoints: KERNEL_6_18,
    program: (path) => {
      const lacks = lacking[path];
      if (lacks === undefined) return null;
      const problem = (name: string) => (lacks.includes(name) ? `it has no ${name}` : null);
      return { functionProblem: problem, markerProblem: problem };
    },
  });
const targetsOf = (...files: readonly string[]): Targets =>
  new Map([['snake', { files, problem: files.length > 0 ? null : 'no snake was found' }]]);
const scripts = new Map([
  ['marked.bt', MARKED],
  ['called.bt', CALLED],
]);

describe('a variant with a target', () => {
  const manifest = manifestOf(variantOf('marked'), variantOf('called'));
  const select = (facts: HostFacts, targets: Targets) =>
    selectVariant(manifest, '/x', facts, { targets, scripts });
  const script = (facts: HostFacts, ...files: readonly string[]) =>
    assemble({
      selected: [select(facts, targetsOf(...files))],
      filter: { kind: 'all' },
      intervalMs: 1000,
      mapKeys: 1024,
      facts,
    });

  it('attaches to every file found, and to what is no program once', () => {
    const facts = factsOf({ '/opt/a/snake': [], '/proc/7/root/opt/snake3': [] });
    const { script: text, attachPoints } = script(facts, '/opt/a/snake', '/proc/7/root/opt/snake3');
    expect(text).toContain('usdt:/opt/a/snake:snake:gc__start,\ntracepoint:sched:sched_process_fork\n/1/');
    expect(text).toContain('usdt:/proc/7/root/opt/snake3:snake:gc__start\n/1/');
    expect(text.match(/gc__done/g)).toHaveLength(2);
    expect(text.match(/sched_process_fork/g)).toHaveLength(1);
    expect(text).not.toContain(WRITTEN);
    const points = text.match(/^(?:BEGIN|END|(?:tracepoint|usdt|interval):\S+?),?$/gm) ?? [];
    expect(attachPoints).toBe(points.length);
  });

  it('passes over files without its markers, and gives way when none has them', () => {
    const facts = factsOf({ '/a': ['snake:gc__done'], '/b': [], '/c': ['snake:gc__start', 'Snake_Malloc'] });
    expect(select(facts, targetsOf('/a', '/b'))).toMatchObject({ variant: { id: 'marked' }, files: ['/b'] });
    expect(select(facts, targetsOf('/a'))).toMatchObject({
      variant: { id: 'called' },
      files: ['/a'],
      rejected: [{ variant: 'marked', reason: '/a: it has no snake:gc__done' }],
    });
    expect(select(facts, targetsOf('/c')).variant).toBeNull();
  });

  it('is refused with a reason where there is no file, no finder, or only unsafe paths', () => {
    const reasons = (targets: Targets, facts = factsOf({})) =>
      select(facts, targets).rejected.map(({ reason }) => reason);
    expect(reasons(targetsOf())).toEqual(['no snake was found', 'no snake was found']);
    expect(reasons(new Map())[0]).toBe('this stallscope has no finder "snake"');
    expect(reasons(targetsOf('/nowhere'))[0]).toBe('there is no program /nowhere');
    const hostile = '/a"; system("id"); //';
    expect(reasons(targetsOf(hostile), factsOf({ [hostile]: [] }))[0]).toContain('cannot stand in a script');
    expect(select(factsOf({ [hostile]: [], '/b': [] }), targetsOf(hostile, '/b')).files).toEqual(['/b']);
  });

  it('without a finder is about the very file that is written', () => {
    const own = manifestOf(variantOf('called', { target: { written: WRITTEN } }));
    const chosen = (facts: HostFacts) => selectVariant(own, '/x', facts, { scripts });
    expect(chosen(factsOf({ [WRITTEN]: [] }))).toMatchObject({ files: [WRITTEN], variant: { id: 'called' } });
    expect(chosen(factsOf({})).rejected[0]?.reason).toBe(`there is no program ${WRITTEN}`);
  });
});

describe('the choice of a variant', () => {
  const facts = factsOf({ '/b': [] });
  const manifest = manifestOf(variantOf('marked'), variantOf('called', { explicit: true }));
  const select = (only?: string, host = facts) => {
    const { variant, rejected } = selectVariant(manifest, '/x', host, {
      targets: targetsOf('/b'),
      scripts,
      only,
    });
    return [variant?.id ?? null, ...rejected.map(({ variant: id, reason }) => `${id}: ${reason}`)];
  };

  it('takes an explicit one only when it is named', () => {
    expect(select()).toEqual(['marked', 'called: only when asked for: --variant x=called']);
    expect(select('called')).toEqual(['called', 'marked: not asked for: --variant x=called']);
  });

  it('takes no other when the one named cannot run', () => {
    expect(select('called', factsOf({ '/b': ['Snake_Malloc'] }))).toEqual([
      null,
      'marked: not asked for: --variant x=called',
      'called: /b: it has no Snake_Malloc',
    ]);
  });
});

describe('a script on programs', () => {
  const [variant] = manifestOf(variantOf('called')).variants;
  const manifest = manifestOf(variantOf('called'));
  const parse = (point: string, more: object = {}) =>
    parseFragment(`#define TRACED 1\n${point} /TRACED/ { ${BODY} }`, manifest, '/x', {
      ...variant!,
      ...more,
    });
  const free = { target: undefined };

  it.each([
    ['another path than that of the target', `uprobe:/usr/bin/other:f`, {}, 'target.written is another path'],
    ['a target that is not attached to', 'tracepoint:sched:sched_process_fork', {}, 'there is none'],
    ['no function', 'uprobe:/usr/bin/other', free, 'write it as uprobe:PATH:FUNCTION'],
    ['a marker without its provider', 'usdt:/usr/bin/other:gc', free, 'usdt:PATH:PROVIDER:NAME'],
    ['a relative path', 'uprobe:other:f', free, 'the path is not absolute'],
    ['an offset', 'uprobe:/usr/bin/other:f+4', free, 'the name has the character "+"'],
    ['a parameter', 'uprobe:/usr/bin/$1:f', free, 'the path has the character "$"'],
  ])('may not have %s', (_, point, more, message) => {
    expect(() => parse(point, more)).toThrow(message);
  });

  it('may name any program when it has no target', () => {
    expect(parse('uretprobe:/usr/lib/x86_64-linux-gnu/libstdc++.so.6:_Znwm', free)[0]?.attach).toHaveLength(
      1,
    );
  });
});

describe('finders', () => {
  const files = fakeFiles({ '/usr/bin/a': 'a', '/proc/7/root/usr/bin/a': { link: '/usr/bin/a' } });
  const request: TargetRequest = { files, pids: [], command: null, env: {} };

  it('name each file once, whatever it is called, and never fail', async () => {
    const found = await findTargets(
      [
        {
          name: 'same',
          find: () => ({
            files: ['/usr/bin/a', '/proc/7/root/usr/bin/a', '/usr/bin', '/nowhere'],
            problem: null,
          }),
        },
        { name: 'none', find: async () => ({ files: ['/nowhere'], problem: 'no such thing' }) },
        {
          name: 'broken',
          find: () => {
            throw new Error('EACCES');
          },
        },
      ],
      request,
    );
    expect(found.get('same')).toEqual({ files: ['/usr/bin/a'], problem: null });
    expect(found.get('none')).toEqual({ files: [], problem: 'no such thing' });
    expect(found.get('broken')).toEqual({ files: [], problem: 'looking for its files failed (EACCES)' });
  });
});
