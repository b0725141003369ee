/** The rooms of src and what each may import: the rules of .dependency-cruiser.cjs, and proof that they see and bite. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const rules = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as {
  forbidden: NonNullable<ICruiseOptions['ruleSet']>['forbidden'];
  options: ICruiseOptions & { enhancedResolveOptions?: object; tsConfig?: { fileName?: string } };
};

const examine = async (baseDir: string): Promise<ICruiseResult> => {
  const { enhancedResolveOptions, tsConfig: _tsConfig, ...options } = rules.options;
  const ruleSet = rules.forbidden === undefined ? {} : { forbidden: rules.forbidden };
  const { output } = await cruise(
    ['src'],
    { ...options, baseDir, validate: true, ruleSet },
    { ...enhancedResolveOptions },
  );
  if (typeof output === 'string') throw new Error(output);
  return output;
};

const sourcesIn = (folder: string): string[] =>
  readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tsx?$/.test(name),
  );

const violationsIn = (result: ICruiseResult): string[] =>
  result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);

/** Files that break a rule, each alone in its room: all are put into one copy, which is looked at once. */
const HOLES = [
  ['core', "import '../session/pump.ts';", 'core-sees-only-what-it-may'],
  [
    'core',
    "import type { Recorder } from '../recording/write/recorder.ts';\nexport type Hole = Recorder;",
    'core-sees-only-what-it-may',
  ],
  ['core', "import '../insight/observe.ts';", 'core-sees-only-what-it-may'],
  ['core', "import 'node:fs';", 'core-does-no-io'],
  ['session', "import '../tracer/live.ts';", 'session-sees-only-what-it-may'],
  ['recording', "import '../tracer/live.ts';", 'recording-sees-only-what-it-may'],
  ['tui', "import '../recording/read/recording.ts';", 'tui-sees-only-what-it-may'],
  ['screen', "import '../tui/theme.ts';", 'screen-sees-only-what-it-may'],
  ['host', "import '../cli/main.ts';", 'nobody-imports-cli'],
  ['host', "import 'node:fs';", 'host-reads-through-files'],
  ['host', "import './local-files.ts';", 'which-host-is-decided-in-cli'],
  ['probes', "import '../host/local-files.ts';", 'which-host-is-decided-in-cli'],
  ['tracer', "import 'node:fs/promises';", 'these-rooms-touch-no-files'],
  ['.', "import './cli/main.ts';", 'nobody-imports-cli'],
  ['recording', "import { execa } from 'execa';\nexport const hole = execa;", 'only-its-room-uses-execa'],
  ['core', "import { z } from 'zod';\nexport const hole = z;", 'only-its-room-uses-zod'],
  ['report', "import { Text } from 'ink';\nexport const hole = Text;", 'only-its-room-uses-ink-and-react'],
].map(([room = '', text = '', rule = ''], number) => ({
  room,
  text,
  rule,
  file: join('src', room, `hole-${number}.ts`),
}));

/** The rooms as they are, with the holes put in: looking at all of it takes seconds, and is done once. */
describe('the walls', () => {
  const parent = join(root, '.cache');
  let copy = '';
  let result: ICruiseResult;
  let violations: string[] = [];
  beforeAll(async () => {
    mkdirSync(parent, { recursive: true });
    copy = mkdtempSync(join(parent, 'walls-'));
    cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
    // Where a package stands is all that a rule asks for.
    for (const name of ['execa', 'zod', 'ink', 'react', 'commander', 'ndjson']) {
      const folder = join(copy, 'node_modules', name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, 'package.json'),
        JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
      );
      writeFileSync(join(folder, 'index.js'), '');
    }
    for (const { file, text } of HOLES) writeFileSync(join(copy, file), `${text}\n`);
    result = await examine(copy);
    violations = violationsIn(result);
  }, 60_000);
  afterAll(() => rmSync(copy, { recursive: true }));

  it('have every file looked at', () => {
    const seen = result.modules.filter(({ source }) => source.startsWith('src/'));
    expect(seen).toHaveLength(sourcesIn(copy).length);
    expect(seen.length).toBeGreaterThan(60);
    // A file whose imports could not be read would be seen, and break nothing.
    const imports = seen.reduce((sum, module) => sum + module.dependencies.length, 0);
    expect(imports).toBeGreaterThan(2 * seen.length);
  });

  it.each(HOLES)('show a hole in $room: $text', ({ file, rule }) => {
    const found = violations.filter((violation) => violation.includes(file));
    expect(found.map((violation) => violation.split(':')[0])).toContain(rule);
  });

  it('have no other hole', () => {
    expect(violations.filter((violation) => !violation.includes('hole-'))).toEqual([]);
  });
});
