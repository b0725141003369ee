// What `npm start` and `npm test` need before anything of ours can run: only Node's own modules may be used here.
// Installs and builds what is missing, mounts tracefs and installs packages when it may, and otherwise says the
// exact command. Everything it prints goes to stderr; stdout belongs to the job.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { staleBecauseOf } from './built.mjs';
import { root } from './root.mjs';

export { root };

export const say = (text) => process.stderr.write(`${text}\n`);

const run = (command, args, env = process.env) =>
  spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env }).status === 0;

const modifiedMs = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

const installPackages = () => {
  const stamp = join(root, 'node_modules', '.package-lock.json');
  if (modifiedMs(stamp) >= modifiedMs(join(root, 'package-lock.json'))) return;
  say('Installing npm packages …');
  // The tools that build and test are development packages: NODE_ENV=production must not leave them out.
  if (!run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])) {
    throw new Error('npm ci failed. Try it by hand: npm ci');
  }
};

const build = () => {
  if (staleBecauseOf() === null) return;
  say('Building …');
  if (!run('npm', ['run', '--silent', 'build']))
    throw new Error('The build failed. Try it by hand: npm run build');
};

const isRoot = () => process.getuid?.() === 0;

const onPath = (name) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((directory) =>
    existsSync(join(directory, name)),
  );

/** As root no program is taken from PATH, which others may have chosen. */
const ofTheSystem = (name) =>
  ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].map((at) => join(at, name)).find(existsSync);

const INSTALLERS = [
  {
    tool: 'apt-get',
    prepare: ['update', '-qq'],
    install: ['install', '-y', '-qq', '--no-install-recommends'],
  },
  { tool: 'dnf', install: ['install', '-y', '-q'] },
];

/** `wanted`: program to package. Installs what is missing when it may; returns what is still missing, in words. */
const installSystemPackages = (wanted) => {
  const missing = Object.entries(wanted).filter(([program]) => !onPath(program));
  if (missing.length === 0 || process.platform !== 'linux') return [];
  const packages = [...new Set(missing.map(([, name]) => name))];
  const installer = INSTALLERS.find(({ tool }) => ofTheSystem(tool) !== undefined);
  const command = `${isRoot() ? '' : 'sudo '}${installer?.tool ?? 'apt-get'} install -y ${packages.join(' ')}`;
  if (!isRoot() || installer === undefined) return [`${packages.join(', ')} not installed: ${command}`];
  say(`Installing ${packages.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const tool = ofTheSystem(installer.tool);
  if (installer.prepare !== undefined) run(tool, installer.prepare, env);
  run(tool, [...installer.install, ...packages], env);
  return missing
    .filter(([program]) => !onPath(program))
    .map(([program]) => `${program} could not be installed: ${command}`);
};

const mountTracefs = () => {
  const at = '/sys/kernel/tracing';
  if (process.platform !== 'linux' || !isRoot() || !existsSync(at)) return;
  if (readFileSync('/proc/mounts', 'utf8').includes(` ${at} tracefs `)) return;
  say(`Mounting tracefs at ${at} …`);
  run(ofTheSystem('mount') ?? 'mount', ['-t', 'tracefs', 'none', at]);
};

/** Installs and builds the project itself; throws an Error with the command to try. */
export const setUpProject = () => {
  installPackages();
  build();
};

/** What tracing needs of the host. Returns what could not be had, each with the command that gets it. */
export const setUpHost = (programs) => {
  const missing = installSystemPackages(programs);
  mountTracefs();
  return missing;
};
