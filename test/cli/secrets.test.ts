/** Under sudo nothing is quoted that the caller of sudo may not read: not even by way of a link. */
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/cli/config.ts';
import { describeWith } from '../helpers/requires.ts';
import { runTool } from '../helpers/tool.ts';

const NOBODY = 65_534;
const SECRET = 'root:$6$sesame:20000:0:99999:7:::';

describeWith(['linux', 'root'], 'a secret, for a user who may call us by sudo', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'stallscope-secrets-'));
    chmodSync(dir, 0o755);
    writeFileSync(join(dir, 'shadow'), `${SECRET}\n`, { mode: 0o600 });
    mkdirSync(join(dir, 'locked'), { mode: 0o700 });
    writeFileSync(join(dir, 'locked', 'open'), SECRET, { mode: 0o644 });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const asSudo = { SUDO_UID: String(NOBODY), SUDO_GID: String(NOBODY), SUDO_USER: 'nobody' };
  const run = (args: readonly string[], env = {}) => runTool(args, { env: { ...asSudo, ...env } });

  const settings = (): string => {
    const home = mkdtempSync(join(dir, 'home-'));
    chmodSync(home, 0o755);
    mkdirSync(join(home, 'stallscope'), { mode: 0o755 });
    return home;
  };
  const readSettings = (home: string): string => {
    for (const [name, value] of Object.entries(asSudo)) vi.stubEnv(name, value);
    try {
      return JSON.stringify(readConfig({ XDG_CONFIG_HOME: home }));
    } catch (error) {
      return String(error);
    } finally {
      vi.unstubAllEnvs();
    }
  };

  it.each(['shadow', join('locked', 'open')])('is not read where the settings link to it: %s', (secret) => {
    const home = settings();
    symlinkSync(join(dir, secret), join(home, 'stallscope', 'config.json'));
    expect(readSettings(home)).toContain('whoever called sudo may not read it');
    expect(readSettings(home)).not.toContain('sesame');
  });

  it('is not in the message about settings that are no JSON, and what is readable for all is read', () => {
    const home = settings();
    const file = join(home, 'stallscope', 'config.json');
    writeFileSync(file, SECRET, { mode: 0o644 });
    expect(readSettings(home)).toContain('it is not JSON');
    expect(readSettings(home)).not.toContain('sesame');
    writeFileSync(file, '{"theme":"light"}', { mode: 0o600 });
    chownSync(file, NOBODY, NOBODY);
    expect(readSettings(home)).toContain('"light"');
  });

  it.each(['probe.json', 'tracepoint.bt'])(
    'is not read where the %s of a probe links to it',
    async (name) => {
      const folder = mkdtempSync(join(dir, 'probe-'));
      cpSync('probes/oom', folder, { recursive: true });
      rmSync(join(folder, name));
      symlinkSync(join(dir, 'shadow'), join(folder, name));
      const end = await run(['probes', 'show', 'oom', '--probe-dir', folder]);
      expect(end).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('whoever called sudo may not read it'),
      });
      expect(end.stdout + end.stderr).not.toContain('sesame');
    },
  );
});
