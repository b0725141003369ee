// Sessions of a week, sampled every one to ten minutes, as an import of sar or of a monitoring system is: load follows the hours of
// the day, and one service has a job every night, a little earlier or later, a little longer or shorter. What the hour of day explains
// should not be reported day after day; the same job at another hour should.
import { analyse } from '../../dist/insight/analysis.js';
import { FORMS, serviceOf, sessionOf, tickOf } from './faults/session.mjs';
import { createRandom } from './random.mjs';

const DAYS = 7;
const DAY_MINUTES = 1440;
const SERVICES = ['web', 'orders', 'index', 'mail'];
/** From this day on two days have shown what is usual. */
const FROM_DAY = 3;
const STRAY_DAY = 5;
/** What a job is called is found within so long of it. */
const SLACK_MINUTES = 20;

/** `stray`: on the sixth day the job runs once more, five hours or more from its own. */
export const weekOf = (seed, { stray = false } = {}) => {
  const random = createRandom(seed * 49979687 + 17);
  const intervalMinutes = random.pick([1, 5, 10]);
  const ticks = (DAYS * DAY_MINUTES) / intervalMinutes;
  const beginsAt = random.integer(0, DAY_MINUTES - 1);
  const jobAt = random.integer(0, DAY_MINUTES - 1);
  const lasts = random.integer(30, 100);
  const times = random.logUniform(4, 20);
  const owner = random.pick(SERVICES);
  const jobs = Array.from({ length: DAYS }, (_, day) => jobOn(random, day, jobAt, lasts));
  const strayJob = jobOn(random, STRAY_DAY, (jobAt + random.integer(300, 1140)) % DAY_MINUTES, lasts);
  const all = stray ? [...jobs, strayJob] : jobs;
  const wave = random.logUniform(0.05, 0.6);
  const load = Float64Array.from({ length: ticks }, (_, tick) =>
    Math.exp(wave * Math.sin((2 * Math.PI * (tick * intervalMinutes + beginsAt)) / DAY_MINUTES)),
  );
  const isJob = (tick) => {
    const at = tick * intervalMinutes;
    return all.some(({ from, to }) => at + intervalMinutes > from && at < to);
  };
  const series = SERVICES.flatMap((service, number) => {
    const has = service === owner;
    const noise = random.logUniform(0.02, 0.2);
    const levelOf = (level, follows, timesJob) =>
      load.map(
        (at, tick) =>
          level *
          at ** follows *
          Math.max(0.05, 1 + noise * random.normal()) *
          (has && isJob(tick) ? timesJob : 1),
      );
    return [
      { metric: 'cpu_percent', values: levelOf(random.logUniform(0.5, 5), 1, times) },
      { metric: 'read_kb', values: levelOf(random.logUniform(5, 500), 0.6, times * 3) },
      { metric: 'memory', values: levelOf(random.logUniform(1e7, 1e9), 0.05, 1) },
    ].map((one) => ({ ...one, service, pid: 300 + number }));
  });
  const intervalMs = intervalMinutes * 60_000;
  const faultTick = Math.floor(strayJob.from / intervalMinutes);
  return {
    ...{ name: `week ${seed}`, fault: stray ? 'stray job' : null, truth: owner, ticks, faultTick },
    intervalMs,
    series,
    jobs,
    strayJob,
  };
};

const jobOn = (random, day, at, lasts) => {
  const from = day * DAY_MINUTES + at + random.integer(-10, 10);
  return { from, to: from + lasts * (0.85 + 0.3 * random.next()) };
};

/** How often the nightly job is reported, per week of its days, and whether the same at another hour is. */
export const evaluateWeeks = (seeds, form = FORMS['CPU counted, of processes']) => {
  const rows = seeds.map((seed) => ({
    quiet: judge(weekOf(seed), form),
    stray: judge(weekOf(seed, { stray: true }), form),
  }));
  const sum = (pick) => rows.reduce((total, row) => total + pick(row), 0);
  return {
    rows,
    weeks: rows.length,
    jobSpikesADay: sum(({ quiet }) => quiet.jobs) / rows.length / (DAYS - FROM_DAY),
    otherSpikesADay: sum(({ quiet }) => quiet.others) / rows.length / (DAYS - FROM_DAY),
    incidentsADay: sum(({ quiet }) => quiet.incidents) / rows.length / (DAYS - FROM_DAY),
    strayFound: sum(({ stray }) => (stray.found ? 1 : 0)),
    strayReported: sum(({ stray }) => (stray.reported ? 1 : 0)),
    strayRight: sum(({ stray }) => (stray.right ? 1 : 0)),
  };
};

const judge = (week, form) => {
  const { intervalMs, jobs, strayJob, truth } = week;
  const { spikes, incidents } = analyse(sessionOf(week, form, intervalMs), { minScore: 3, symptom: null });
  const minuteOf = ({ startUs }) => (tickOf(startUs, intervalMs) * intervalMs) / 60_000;
  const within = (minute, { from, to }) => minute >= from - SLACK_MINUTES && minute <= to + SLACK_MINUTES;
  const late = spikes.filter((spike) => minuteOf(spike) >= FROM_DAY * DAY_MINUTES);
  const ofJob = late.filter((spike) => jobs.some((job) => within(minuteOf(spike), job)));
  const ofStray = incidents.find((incident) => within(minuteOf(incident), strayJob));
  return {
    jobs: ofJob.length,
    others: late.length - ofJob.length,
    incidents: incidents.filter((incident) => minuteOf(incident) >= FROM_DAY * DAY_MINUTES).length,
    found: late.some(
      (spike) => serviceOf(spike.identity, week) === truth && within(minuteOf(spike), strayJob),
    ),
    reported: ofStray !== undefined,
    right: serviceOf(ofStray?.suspect, week) === truth,
  };
};
