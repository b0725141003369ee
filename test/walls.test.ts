/** The rooms of src and what each may import: the rules of .dependency-cruiser.cjs, and proof that they see and bite. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, describe, expect, it } from 'vitest';

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

describe('the walls', () => {
  it('stand, and every file was looked at', async () => {
    const result = await examine(root);
    const seen = result.modules.filter(({ source }) => source.startsWith('src/'));
    expect(seen).toHaveLength(sourcesIn(root).length);
    expect(seen.length).toBeGreaterThan(60);
    // A file whose imports could not be read would be seen, and break nothing.
    const imports = seen.reduce((sum, module) => sum + module.dependencies.length, 0);
    expect(imports).toBeGreaterThan(2 * seen.length);
    expect(violationsIn(result)).toEqual([]);
  });
});

describe('a hole in a wall', () => {
  const parent = join(root, '.cache');
  mkdirSync(parent, { recursive: true });
  const copy = mkdtempSync(join(parent, 'walls-'));
  afterAll(() => rmSync(copy, { recursive: true }));
  cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
  // Where a package stands is all that a rule asks for.
  for (const name of ['execa', 'zod', 'ink', 'react', 'commander', 'ndjson']) {
    const folder = join(copy, 'node_modules', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    writeFileSync(join(folder, 'index.js'), '');
  }

  it('is only what is put there: the copy has none', async () => {
    expect(violationsIn(await examine(copy))).toEqual([]);
  });

  it.each([
    ['core/hole.ts', "import '../session/pump.ts';", 'core-sees-only-what-it-may'],
    [
      'core/hole.ts',
      "import type { Recorder } from '../sinks/recorder.ts';\nexport type Hole = Recorder;",
      'core-sees-only-what-it-may',
    ],
    ['core/hole.ts', "import 'node:fs';", 'core-does-no-io'],
    ['session/hole.ts', "import '../sources/live.ts';", 'session-sees-only-what-it-may'],
    ['sinks/hole.ts', "import '../sources/recording.ts';", 'sinks-sees-only-what-it-may'],
    ['views/tui/hole.ts', "import '../../sources/recording.ts';", 'views-tui-sees-only-what-it-may'],
    ['terminal/hole.ts', "import '../core/fold.ts';", 'terminal-sees-only-what-it-may'],
    ['host/hole.ts', "import '../cli/main.ts';", 'nobody-imports-cli'],
    ['errors-hole.ts', "import './cli/main.ts';", 'nobody-imports-cli'],
    [
      'sinks/hole.ts',
      "import { execa } from 'execa';\nexport const hole = execa;",
      'only-its-room-uses-execa',
    ],
    ['core/hole.ts', "import { z } from 'zod';\nexport const hole = z;", 'only-its-room-uses-zod'],
    [
      'views/report/hole.ts',
      "import { Text } from 'ink';\nexport const hole = Text;",
      'only-its-room-uses-ink-and-react',
    ],
  ])('in %s is found: %j', async (file, text, rule) => {
    const path = join(copy, 'src', file);
    writeFileSync(path, `${text}\n`);
    try {
      const violations = violationsIn(await examine(copy));
      expect(
        violations
          .filter((violation) => violation.includes('hole'))
          .map((violation) => violation.split(':')[0]),
      ).toContain(rule);
    } finally {
      rmSync(path);
    }
  });
});
