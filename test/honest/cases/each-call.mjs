// One process for each way to call the kernel, beside a stranger that does the same for as long; who has no such call here
// is left out, as long as somebody has one.
import { NotHere } from '../here.mjs';

/**
 * @param calls names of the ways
 * @param commandOf the command of a way, and of the stranger's (`until`), by what the stage has
 * @param claimsOf what must have been reported of a process, by its name and its own account
 */
export const eachCall = (calls, commandOf, claimsOf) => async (stage, context) => {
  const stranger = await stage.beside([commandOf('until')(stage, context)]);
  const claims = [];
  const missing = [];
  for (const call of calls) {
    try {
      claims.push(...claimsOf(call, await stage.start(commandOf(call)(stage, context)).ended));
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      missing.push(error);
    }
  }
  const [other] = await stranger.stop();
  if (missing.length === calls.length) throw missing[0];
  return [...claims, ...claimsOf('stranger', other)];
};
