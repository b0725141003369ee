// npm test: set up, then every test this host allows; what was skipped and why stands in the last lines.
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
  setpriv: 'util-linux',
  zsh: 'zsh',
  fish: 'fish',
  chromium: 'chromium',
});
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  // Ink draws only its last frame when it believes it runs in CI; our screens must be tested as users see them.
  env: { ...process.env, CI: '', NODE_ENV: 'test' },
});
for (const note of missing) say(`Not available here: ${note}`);
process.exit(status ?? 1);
