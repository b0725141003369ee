/** Work that stops shows as absence: a counter that always moved and does not. */
import { describe, expect, it } from 'vitest';
import { analyse } from '../../src/insight/analysis.ts';
import { aboutIncident, aboutSilence } from '../../src/report/words.ts';
import { pidMetric, recordsOf, type Tick, watched, watchedAfter } from './sessions.ts';

const METRICS = [pidMetric('faults.write_bytes'), pidMetric('sync.calls'), pidMetric('blocked.ns')];
const NAMES = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [100 + at, `imapd-${at}`]));
const TICKS = 300;
const STOP = 260;

/** What each of the processes writes in a tick. */
const silencesOf = (written: (pid: number, tick: number) => number, metric = 'faults.write_bytes') => {
  const ticks = Array.from({ length: TICKS }, (_, tick): Tick => {
    const amounts = Object.keys(NAMES).map((pid) => [pid, written(Number(pid), tick)]);
    return { pids: { [metric]: Object.fromEntries(amounts) } };
  });
  const session = watched(watchedAfter(recordsOf(ticks, METRICS, NAMES), METRICS));
  return analyse(session, { minScore: 6, symptom: null });
};
const steady = (pid: number, tick: number): number => 4096 + ((pid * 7 + tick * 13) % 50);

describe('a counter that falls silent', () => {
  it('is an event, with when it began and how long it was silent before', () => {
    const { silences } = silencesOf((pid, tick) =>
      (pid === 100 && tick >= STOP) || (pid === 100 && tick === 100) ? 0 : steady(pid, tick),
    );
    expect(silences).toHaveLength(1);
    const [silence] = silences;
    if (silence === undefined) throw new Error('nothing fell silent');
    expect(silence).toMatchObject({ tick: STOP, longestTicks: 1, identity: { pid: 100 } });
    expect(aboutSilence(silence, 1000)).toBe(
      'faults.write_bytes of imapd-0 (100): nothing for 40s, at most 1s before',
    );
  });

  it('has a place in incidents: what many stop at once is one', () => {
    const { incidents } = silencesOf((pid, tick) => (tick >= STOP + (pid % 3) ? 0 : steady(pid, tick)));
    expect(incidents).toHaveLength(1);
    const [incident] = incidents;
    expect(incident?.spikes.every(({ silent }) => silent === true)).toBe(true);
    expect(incident && aboutIncident(incident)).toMatch(
      /; fell silent: faults\.write_bytes of imapd-\d+ \(\d+\), .* and \d+ more$/,
    );
  });

  it.each<[string, (pid: number, tick: number) => number, string?]>([
    ['is often silent', (pid, tick) => (tick % 30 < 12 ? 0 : steady(pid, tick))],
    [
      'was as silent before',
      (pid, tick) => (tick > 150 && tick < 154 ? 0 : tick >= 292 ? 0 : steady(pid, tick)),
    ],
    ['is known for a minute only', (pid, tick) => (tick < 200 ? 0 : tick >= STOP ? 0 : steady(pid, tick))],
    ['waits, and needs to wait no more', (pid, tick) => (tick >= STOP ? 0 : steady(pid, tick)), 'blocked.ns'],
  ])('is none where it %s', (_, written, metric) => {
    const { silences, incidents } = silencesOf(written, metric);
    expect(silences).toEqual([]);
    expect(incidents).toEqual([]);
  });
});
