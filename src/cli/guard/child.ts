/**
 * The process of a guard: it alone may act, and it decides itself whether to. It reads what a session says on a pipe, and ends
 * when that does: of a tracer that is gone it hears nothing, and does nothing.
 */
import { createActor } from '../../guard/acting/actor.ts';
import type { FromGuard, ToGuard } from '../../guard/acting/protocol.ts';
import { whyNot } from '../../guard/acting/rights.ts';
import { createGuardState, decide } from '../../guard/rules/decide.ts';
import type { Event, Step } from '../../guard/rules/policy.ts';
import { createSystemClock } from '../../host/clock.ts';
import { localFiles } from '../../host/local-files.ts';

type Start = ToGuard & { readonly type: 'start' };

const say = (message: FromGuard): void => {
  if (process.connected) process.send?.(message, () => undefined);
};

// Ctrl-C in a terminal reaches everybody there; the session decides when it ends.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);

/** What it has begun and can end. */
let stop = (): void => undefined;

const begin = ({ policy, folder, timeoutMs }: Start): void => {
  for (const action of policy.armed ? policy.actions : []) {
    const why = whyNot(action, localFiles, folder);
    if (why === null) continue;
    say({ type: 'refused', action: action.label, why });
    return;
  }
  const clock = createSystemClock(localFiles);
  const state = createGuardState();
  const actor = createActor({ files: localFiles, folder, session: process.ppid, timeoutMs });
  const happen = (event: Event): void => {
    for (const step of decide(state, event, policy)) take(step);
  };
  const take = (step: Step): void => {
    if (step.type === 'report') say({ type: 'report', report: step.report });
    else
      actor.perform(step, (outcome) => {
        happen({ type: 'outcome', atUs: clock.bootUs(), outcome });
      });
  };
  stop = actor.stop;
  process.on('message', (message: ToGuard) => {
    if (message.type !== 'sample') return;
    const { observation } = message;
    happen({ type: 'sample', observation, ageUs: clock.bootUs() - observation.atUs });
  });
  say({ type: 'ready' });
};

process.once('message', (message: ToGuard) => {
  if (message.type === 'start') begin(message);
});
process.on('disconnect', () => {
  stop();
  process.exit(0);
});
process.on('SIGTERM', () => {
  stop();
  process.exit(143);
});
