/** Whether what a guard may have to do can be done here: asked before anything is traced, so that nothing has changed by then. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { parseEffectiveCapabilities } from '../../host/capabilities.ts';
import type { HostFiles } from '../../host/files.ts';
import type { Action } from '../rules/actions.ts';
import { ioniceOf, whyNoMemoryHigh } from './limits.ts';

/** Why it cannot be done; null when it can. */
export const whyNot = (action: Action, files: HostFiles, folder: string): string | null => {
  switch (action.kind) {
    case 'write':
      return notWritable(join(folder, action.file));
    case 'run':
      return files.isExecutable(action.argv[0] ?? '') ? null : `${action.argv[0]} cannot be executed`;
    case 'signal':
      return hasCapability(files, 'kill')
        ? null
        : 'signals to processes of others need the capability CAP_KILL';
    case 'io-idle':
      if (ioniceOf(files) === null) return 'ionice is not installed';
      return hasCapability(files, 'sys_nice')
        ? null
        : 'the I/O class of others needs the capability CAP_SYS_NICE';
    case 'memory-high':
      return whyNoMemoryHigh(files);
  }
};

const notWritable = (path: string): string | null => {
  try {
    accessSync(path, constants.W_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `there is no ${path}`;
    return `${path} may not be written (${code})`;
  }
};

const hasCapability = (files: HostFiles, name: string): boolean =>
  parseEffectiveCapabilities(files.text('/proc/self/status') ?? '')?.includes(name) === true;
