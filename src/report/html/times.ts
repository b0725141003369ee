/** Moments of a recording as a page shows them: in UTC, which is the same for every reader, and in a local time beside it. */
import { type ClockAnchor, realMsAt } from '../../core/clock.ts';
import { type Html, html, NOTHING } from './markup.ts';

export type Times = {
  /** `14:02:30`, with its date where the recording lies in more than one day. */
  at(bootUs: number): Html;
  /** With its date, in UTC, and in the local time where that is another. */
  inFull(bootUs: number): Html;
  /** The local time beside UTC, in words. */
  readonly zoneNote: string;
};

export type Span = { readonly clock: ClockAnchor; readonly startUs: number; readonly endUs: number };

/** `zone` is a name of the IANA database. */
export const timesOf = ({ clock, startUs, endUs }: Span, zone: string): Times => {
  const iso = (bootUs: number): string => new Date(Math.round(realMsAt(clock, bootUs))).toISOString();
  const dated = iso(startUs).slice(0, 10) !== iso(endUs).slice(0, 10);
  const local = localIn(zone);
  const isUtc = [startUs, endUs].every((us) => local(iso(us)).startsWith(dateTimeOf(iso(us))));
  return {
    at: (bootUs) => {
      const text = iso(bootUs);
      const shown = dated ? `${text.slice(5, 10)} ${text.slice(11, 19)}` : text.slice(11, 19);
      return html`<time datetime="${text}">${shown}</time>`;
    },
    inFull: (bootUs) => {
      const text = iso(bootUs);
      const beside = isUtc ? NOTHING : html` <span class="local">(${local(text)})</span>`;
      return html`<span class="when"><time datetime="${text}">${dateTimeOf(text)}</time> <span class="zone">UTC</span>${beside}</span>`;
    },
    zoneNote: isUtc
      ? 'Times are in UTC.'
      : `Times are in UTC; local times are those of ${zone}, where this page was made.`,
  };
};

const dateTimeOf = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;

const localIn = (zone: string): ((iso: string) => string) => {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
    hourCycle: 'h23',
  });
  return (iso) => {
    const parts = new Map(format.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
    const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
    const clock = `${part('hour')}:${part('minute')}:${part('second')}`;
    return `${part('year')}-${part('month')}-${part('day')} ${clock} ${part('timeZoneName')}`;
  };
};
