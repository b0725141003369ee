import type { Invoker } from '../tracer/workload.ts';

/** Under sudo the command, and the files we write, belong to the user who called it. */
export const invokerOf = (env: NodeJS.ProcessEnv): Invoker | null => {
  if (process.getuid?.() !== 0) return null;
  const uid = Number(env.SUDO_UID);
  const gid = Number(env.SUDO_GID);
  return Number.isSafeInteger(uid) && Number.isSafeInteger(gid) && uid > 0 ? { uid, gid } : null;
};
