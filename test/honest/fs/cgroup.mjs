// A memory cgroup of our own, of either version; a process is started inside it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeWhenEmpty } from '../../lab/cgroup.mjs';
import { NotHere } from '../here.mjs';
import { later } from '../tidy.mjs';

const ROOT = '/sys/fs/cgroup';

/** @returns the words that run a command inside it: `through` of an actor */
export const memoryGroup = (name, limitBytes) => {
  const version1 = join(ROOT, 'memory');
  const isVersion2 = existsSync(join(ROOT, 'cgroup.controllers'));
  if (!isVersion2 && !existsSync(version1)) throw new NotHere('needs memory cgroups');
  const group = join(isVersion2 ? ROOT : version1, name);
  const limit = isVersion2 ? 'memory.max' : 'memory.limit_in_bytes';
  try {
    if (isVersion2) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+memory');
    mkdirSync(group);
    later(() => removeWhenEmpty(group));
    writeFileSync(join(group, limit), String(limitBytes));
  } catch (error) {
    throw new NotHere(`memory cgroups cannot be made here: ${error.message}`);
  }
  if (Number(readFileSync(join(group, limit), 'utf8')) > limitBytes)
    throw new NotHere('needs memory cgroups');
  return ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(group, 'cgroup.procs')];
};
