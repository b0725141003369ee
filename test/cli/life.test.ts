/** How a session starts and ends, for every order in which things can happen. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLife } from '../../src/cli/life.ts';

const EVENTS = ['attached', 'SIGINT', 'SIGTERM', 'q', 'command ended', 'patience over'] as const;
type Event = (typeof EVENTS)[number];

/** What the session does for these events, each as it happens. */
const play = (events: readonly Event[], hasCommand: boolean): string[] => {
  const done: string[] = [];
  const patience: (() => void)[] = [];
  const life = createLife({
    command: hasCommand
      ? { release: () => done.push('release'), ask: (reason) => done.push(`ask ${reason}`) }
      : null,
    stopTracing: (reason) => done.push(`stop ${reason}`),
    afterPatience: (stop) => patience.push(stop),
  });
  for (const event of events) {
    done.push(`> ${event}`);
    if (event === 'attached') done.push(life.attached() ? 'begins' : 'does not begin');
    else if (event === 'command ended') life.commandEnded();
    else if (event === 'patience over') for (const stop of patience.splice(0)) stop();
    else life.ask(event);
  }
  return done;
};

const isAsked = (event: string): boolean => ['> SIGINT', '> SIGTERM', '> q'].includes(event);

it('begins at most once and never after it was asked to end; stops exactly once, for the first reason', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...EVENTS), { maxLength: 8 }),
      fc.boolean(),
      (events, hasCommand) => {
        // A process ends once, and one that we do not have never.
        const seen = events.filter(
          (event, at) => event !== 'command ended' || (hasCommand && events.indexOf(event) === at),
        );
        // Whatever else happens, patience ends.
        const done = play([...seen, 'patience over'], hasCommand);
        const first = (of: (one: string) => boolean): number => {
          const at = done.findIndex(of);
          return at < 0 ? Number.POSITIVE_INFINITY : at;
        };
        const ended = Math.min(
          first(isAsked),
          first((one) => one === '> command ended'),
        );
        const begins = first((one) => one === 'begins');
        expect(done.filter((one) => one === 'begins').length).toBeLessThanOrEqual(1);
        expect(done.filter((one) => one === 'release').length).toBe(
          hasCommand && begins < Number.POSITIVE_INFINITY ? 1 : 0,
        );
        if (begins < Number.POSITIVE_INFINITY) expect(begins).toBeLessThan(ended);
        const stops = done.filter((one) => one.startsWith('stop '));
        expect(stops).toHaveLength(ended < Number.POSITIVE_INFINITY ? 1 : 0);
        const asked = done.find(isAsked)?.slice(2);
        if (stops.length === 1) expect([`stop ${asked}`, 'stop command ended']).toContain(stops[0]);
        // Without a running command there is nothing to wait for.
        if (ended < begins) expect(done[ended + 1]).toMatch(/^stop /);
        expect(done.filter((one) => one.startsWith('ask ')).length).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 2_000 },
  );
});

it('asks a running command first, and stops when it has ended', () => {
  expect(play(['attached', 'SIGTERM', 'command ended'], true)).toEqual([
    '> attached',
    'release',
    'begins',
    '> SIGTERM',
    'ask SIGTERM',
    '> command ended',
    'stop SIGTERM',
  ]);
});
