// npm test: set up, then the tests that this host allows; what was skipped and why stands in the last lines. Without
// arguments all but the project `kernel`, which takes minutes: npm test -- --project kernel.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, say, setUpHost, setUpProject } from './setup.mjs';

try {
  setUpProject();
} catch (error) {
  say(error.message);
  process.exit(1);
}
const missing = setUpHost({
  bpftrace: 'bpftrace',
  'mkfs.xfs': 'xfsprogs',
  perl: 'perl',
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  busybox: 'busybox-static',
  setpriv: 'util-linux',
  zsh: 'zsh',
  fish: 'fish',
  chromium: 'chromium',
});
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const given = process.argv.slice(2);
const chosen = given.length > 0 ? given : ['--project', 'unit', '--project', 'system'];
const { status } = spawnSync(process.execPath, [vitest, 'run', ...chosen], {
  cwd: root,
  stdio: 'inherit',
  // Ink draws only its last frame when it believes it runs in CI; our screens must be tested as users see them.
  env: { ...process.env, CI: '', NODE_ENV: 'test' },
});
for (const note of missing) say(`Not available here: ${note}`);
if (given.length === 0)
  say('Not run here: every probe against this kernel, about ten minutes: npm test -- --project kernel');
process.exit(status ?? 1);
