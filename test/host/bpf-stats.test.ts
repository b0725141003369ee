import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCostMeter } from '../../src/host/bpf-stats.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { built } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

let dir: string;
let setting: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bpf-stats-'));
  setting = join(dir, 'bpf_stats_enabled');
});
afterEach(() => rmSync(dir, { recursive: true }));
/** Whether a guard of this setting is left. */
const isGuarded = (path: string): boolean =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => commandOf(pid).includes(`stallscope-guard\0${path}`));

const commandOf = (pid: string): string => {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
  } catch {
    return '';
  }
};

const value = (): string => readFileSync(setting, 'utf8').trim();

describe('the statistics of BPF programs', () => {
  it('are on while a window is open, and off after it and at the end', async () => {
    writeFileSync(setting, '0\n');
    const meter = createCostMeter(localFiles, setting);
    expect(meter?.begin()).toBe(true);
    expect(value()).toBe('1');
    meter?.end();
    expect(value()).toBe('0');
    meter?.begin();
    meter?.close();
    expect(value()).toBe('0');
  });

  it('stay on when they were on before us', () => {
    writeFileSync(setting, '1\n');
    const meter = createCostMeter(localFiles, setting);
    expect(meter?.begin()).toBe(true);
    meter?.end();
    meter?.close();
    expect(value()).toBe('1');
  });

  it('are not there on a kernel without the setting, and no window opens where it cannot be set', () => {
    expect(createCostMeter(localFiles, join(dir, 'absent'))).toBeNull();
    writeFileSync(setting, '0\n');
    const meter = createCostMeter(localFiles, setting);
    rmSync(setting);
    rmSync(dir, { recursive: true });
    expect(meter?.begin()).toBe(false);
    meter?.close();
    dir = mkdtempSync(join(tmpdir(), 'bpf-stats-'));
  });

  it.each([
    ['inside a window', "meter.begin(); console.log('open'); setInterval(() => undefined, 1000);", '0'],
    [
      'outside of one, when another has turned them on since',
      `meter.begin(); meter.end(); fs.writeFileSync(process.argv[2], '1'); console.log('open'); setInterval(() => undefined, 1000);`,
      '1',
    ],
  ])('after kill -9 %s are as they must be', async (_, body, after) => {
    writeFileSync(setting, '0\n');
    const script = join(dir, 'killed.mjs');
    writeFileSync(
      script,
      `import fs from 'node:fs'; import { createCostMeter } from ${JSON.stringify(built('host/bpf-stats.js'))};\nimport { localFiles } from ${JSON.stringify(built('host/local-files.js'))};\nconst meter = createCostMeter(localFiles, process.argv[2]);\n${body}\n`,
    );
    const child = spawn(process.execPath, [script, setting], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(value()).toBe('1');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => !isGuarded(setting));
    expect(value()).toBe(after);
  });
});
