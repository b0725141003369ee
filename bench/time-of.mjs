// What one run of a command takes.
import { spawnSync } from 'node:child_process';

/** Wall and CPU seconds of one run of the load, its children included. */
export const timeOf = ([file, ...args]) => {
  const { stderr, status } = spawnSync(
    'bash',
    ['-c', 'TIMEFORMAT="took %R %U %S"; time "$0" "$@"', file, ...args],
    { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const [, wall, user, system] = /^took ([\d.]+) ([\d.]+) ([\d.]+)$/m.exec(stderr) ?? [];
  if (status !== 0 || wall === undefined) throw new Error(`${file} failed:\n${stderr}`);
  return { wall: Number(wall), cpu: Number(user) + Number(system) };
};
