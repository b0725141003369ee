// Where `compare` puts the faulty service when the moment is known: its best series among those of all services.
import { compareSides } from '../../../dist/insight/compare.js';
import { addToPeriod, createPeriod, endSample, KEY_SEPARATOR } from '../../../dist/insight/period.js';

/** From 1; 0 where no series of it moved. */
export const placeCompared = ({ series, ticks, faultTick, truth }, form) => {
  const changes = compareSides(
    periodOf(series, 0, faultTick, form),
    periodOf(series, faultTick, ticks, form),
    { adjoining: true },
  );
  const owners = changes
    .filter(({ surprise }) => surprise > 0)
    .map(({ key }) => key.slice(key.indexOf(KEY_SEPARATOR) + 1));
  return [...new Set(owners)].indexOf(truth) + 1;
};

const periodOf = (series, from, to, form) => {
  const period = createPeriod();
  for (let at = from; at < to; at += 1) {
    for (const one of series)
      if (!Number.isNaN(one.values[at]))
        addToPeriod(period, `${form(one).id}${KEY_SEPARATOR}${one.service}`, one.values[at]);
    endSample(period);
  }
  return period;
};
