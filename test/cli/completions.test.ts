/** Completions, as the real shells take them: what each makes of a line that is typed so far. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../helpers/requires.ts';
import { runInTerminal } from '../helpers/screen.ts';
import { runTool } from '../helpers/tool.ts';

/** The line so far, and the one way to go on. */
const LINES: readonly (readonly [line: string, word: string])[] = [
  ['stallscope rec', 'record'],
  ['stallscope --budg', '--budget'],
  ['stallscope record --probe iom', 'iomap'],
  ['stallscope record -o READ', 'README.md'],
  ['stallscope probes sh', 'show'],
  ['stallscope probes show page', 'page-alloc'],
  ['stallscope live --theme da', 'dark'],
  ['stallscope completions f', 'fish'],
  ['stallscope export --format perf', 'perfetto'],
  ['stallscope explain swap', 'swap-storm'],
  ['stallscope record -p 1 -- ls READ', 'README.md'],
  ['stallscope record -- stallscope-is-no-pro', ''],
];

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'completions-'));
  for (const shell of ['bash', 'fish', 'zsh']) {
    const { stdout } = await runTool(['completions', shell]);
    // Under the name that zsh looks for in its function path.
    writeFileSync(scriptOf(shell), stdout);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scriptOf = (shell: string): string => join(folder, shell === 'zsh' ? '_stallscope' : shell);

describeWith(['bash'], 'bash', () => {
  it.each(LINES)('%s -> %s', async (line, word) => {
    const script = scriptOf('bash');
    const body = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stallscope 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await execa('bash', ['-c', body, 'bash', script, ...line.split(' ')], {
      cwd: resolve('.'),
    });
    expect(stdout).toBe(word);
  });

  it('takes a value behind an equals sign, which bash makes a word of', async () => {
    const script = scriptOf('bash');
    const words = ['stallscope', 'live', '--theme', '=', 'mo'];
    const body = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stallscope 2>/dev/null; echo "\${COMPREPLY[@]}"`;
    const { stdout } = await execa('bash', ['-c', body, 'bash', script, ...words]);
    expect(stdout).toBe('mono');
  });
});

describeWith(['fish'], 'fish', () => {
  it.each(LINES)('%s -> %s', async (line, word) => {
    const script = scriptOf('fish');
    const body = 'source $argv[1]; complete -C "$argv[2]"';
    const env = { HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
    const { stdout } = await execa('fish', ['-c', body, script, line], { cwd: resolve('.'), env });
    expect(stdout.replace(/\t.*/g, '')).toBe(word);
  });
});

describeWith(['zsh'], 'zsh', () => {
  it('goes on as the others do, from its function path', async () => {
    const shell = runInTerminal('zsh', ['-f', '-i'], { columns: 120, env: { HOME: folder, PS1: '> ' } });
    try {
      shell.press(
        `PS1='> '; fpath=(${folder} $fpath); autoload -U compinit; compinit -u -D; clear; echo rea''dy\r`,
      );
      await shell.waitFor('ready');
      for (const [line, word] of LINES.filter(([, expected]) => expected !== '')) {
        shell.press(`${line}\t`);
        await shell.waitFor(`> ${line.slice(0, line.lastIndexOf(' ') + 1)}${word}`);
        // Nothing of it is run: the line is emptied, and the screen too.
        shell.press('\u0015clear\r');
      }
    } finally {
      shell.close();
    }
  });
});
