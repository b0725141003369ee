import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bundledNames } from '../../src/cli/bundled.ts';
import { readAction } from '../../src/cli/grammar/guard-actions.ts';
import { EFFECTS, helpedBy } from '../../src/guard/rules/actions.ts';
import { FINDING_IDS } from '../../src/insight/findings/index.ts';
import { root } from '../docs/sections.ts';
import { runHere } from '../helpers/command.ts';

it.each(FINDING_IDS)('explain %s prints its runbook, which says all that it must', async (id) => {
  const { stdout, exitCode } = await runHere('explain', id);
  expect(exitCode).toBe(0);
  expect(stdout).toBe(readFileSync(join(root, 'docs/runbooks', `${id}.md`), 'utf8').trimEnd());
  for (const part of [
    /what else makes these metrics move/i,
    /by hand/i,
    /\n## (?:fix|cure)/i,
    /risk/i,
    /\n## how the guard helps\n/i,
    /\n## practise\n/i,
  ])
    expect(stdout).toMatch(part);
  const demo = /stallscope demo ([\w-]+)/.exec(stdout)?.[1];
  if (demo !== undefined) expect(bundledNames()).toContain(demo);
});

it.each(FINDING_IDS)('what %s says of the guard is what the guard does', async (id) => {
  const { stdout } = await runHere('explain', id);
  const part = stdout.split('\n## How the guard helps\n')[1]?.split('\n## ')[0] ?? '';
  const actions = [...part.matchAll(/--action ([\w:-]+)/g)].map(([, name = '']) => name);
  if (EFFECTS[id] === undefined) expect(part.trim()).toMatch(/^It does not: /);
  else expect(actions).not.toEqual([]);
  const run = { label: '', kind: 'run', argv: [] } as const;
  for (const name of actions) {
    const action = name === 'run' ? run : readAction(name);
    expect(helpedBy(action), name).toContain(id);
  }
});

it('without a name it lists them, and of others it knows the nearest', async () => {
  const { stdout } = await runHere('explain');
  for (const id of FINDING_IDS) expect(stdout).toContain(id);
  const unknown = await runHere('explain', '../../../etc/passwd');
  expect(unknown.exitCode).toBe(2);
  expect((await runHere('explain', 'seek-hole-strom')).stderr).toContain('Did you mean "seek-hole-storm"?');
});
