#!/usr/bin/env node
// The launcher imports nothing before it knows that this Node can run the rest, and before NODE_ENV is set: React
// chooses its build when it is first imported, and its development build leaks memory with every frame.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 15)) {
  process.stderr.write(
    `stallscope: Node ${process.versions.node} is too old; 20.15 is the oldest that works.\n` +
      '  Install a newer one: https://nodejs.org/en/download\n',
  );
  process.exit(3);
}
// A command of the user's has the environment that we were given.
const given = { ...process.env };
process.env.NODE_ENV ??= 'production';

// What a sample leaves behind is dead by the next: without these V8 lets the heap grow to three times what is in use before it
// looks, and the young generation to 48 MiB.
const { setFlagsFromString } = await import('node:v8');
setFlagsFromString('--heap-growing-percent=20');
setFlagsFromString('--max-semi-space-size=4');

const { existsSync } = await import('node:fs');
const built = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(built)) {
  const { spawnSync } = await import('node:child_process');
  const { fileURLToPath } = await import('node:url');
  process.stderr.write('stallscope: building (once)\n');
  const build = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 2, 2],
  });
  if (build.status !== 0) {
    process.stderr.write('stallscope: the build failed.\n  Install what it needs: npm install\n');
    process.exit(70);
  }
}

const { main } = await import(built.href).catch((error) => {
  if (error.code !== 'EMFILE') throw error;
  process.stderr.write(
    'stallscope: This process may have too few files open at a time (EMFILE).\n  Raise the limit: ulimit -n 1024\n',
  );
  process.exit(3);
});
process.exitCode = await main(process.argv.slice(2), given);
