#!/usr/bin/env node
// Runs the one file that the tool is built into, and builds it where it is missing: in a new checkout.
const { existsSync } = await import('node:fs');
const built = new URL('../dist/stallscope.mjs', import.meta.url);
if (!existsSync(built)) {
  const { spawnSync } = await import('node:child_process');
  const { fileURLToPath } = await import('node:url');
  process.stderr.write('stallscope: building (once)\n');
  const build = spawnSync('npm', ['run', '--silent', 'bundle'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 2, 2],
  });
  if (build.status !== 0) {
    process.stderr.write(
      'stallscope: the build failed.\n  Install what it needs: Node 20.15 or later, and npm install\n',
    );
    process.exit(70);
  }
}

await import(built.href).catch((error) => {
  if (error.code !== 'EMFILE') throw error;
  process.stderr.write(
    'stallscope: This process may have too few files open at a time (EMFILE).\n  Raise the limit: ulimit -n 1024\n',
  );
  process.exit(3);
});
