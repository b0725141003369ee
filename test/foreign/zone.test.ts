import { describe, expect, it } from 'vitest';
import { readStamp } from '../../src/foreign/stamp.ts';
import { zoneOf } from '../../src/foreign/zone.ts';

const instantsOf = (zone: string, local: string): string[] =>
  (zoneOf(zone)?.instants(Date.parse(`${local}Z`) * 1000) ?? []).map((us) =>
    new Date(us / 1000).toISOString().slice(0, 16),
  );

describe('a local time in a zone whose clocks change', () => {
  it.each([
    ['Europe/Berlin', '2026-10-25T02:30', ['2026-10-25T00:30', '2026-10-25T01:30']],
    ['America/Adak', '2026-11-01T01:30', ['2026-11-01T10:30', '2026-11-01T11:30']],
    ['Pacific/Auckland', '2026-04-05T02:30', ['2026-04-04T13:30', '2026-04-04T14:30']],
    ['Pacific/Chatham', '2026-04-05T03:00', ['2026-04-04T13:15', '2026-04-04T14:15']],
    ['Australia/Lord_Howe', '2026-04-05T01:45', ['2026-04-04T14:45', '2026-04-04T15:15']],
    ['Pacific/Apia', '2020-04-05T03:30', ['2020-04-04T13:30', '2020-04-04T14:30']],
  ])('was twice in %s', (zone, local, expected) => {
    expect(instantsOf(zone, local)).toEqual(expected);
  });

  it.each([
    ['Europe/Berlin', '2026-03-29T02:30'],
    ['Pacific/Auckland', '2026-09-27T02:30'],
    ['Pacific/Chatham', '2026-09-27T03:00'],
    // A whole day: it went to the other side of the date line.
    ['Pacific/Apia', '2011-12-30T12:00'],
  ])('was never in %s', (zone, local) => {
    expect(instantsOf(zone, local)).toEqual([]);
  });

  it('is once before and after', () => {
    expect(instantsOf('Pacific/Auckland', '2026-04-05T01:59')).toEqual(['2026-04-04T12:59']);
    expect(instantsOf('Pacific/Auckland', '2026-04-05T03:00')).toEqual(['2026-04-04T15:00']);
  });
});

describe('a stamp', () => {
  it('beyond any zone is none', () => {
    expect(readStamp('2026-11-30T12:00:00+14:00')).toMatchObject({ kind: 'instant' });
    for (const zone of ['+14:30', '+25:00', '-99', '+02:75'])
      expect(readStamp(`2026-11-30T12:00:00${zone}`)).toBeNull();
  });
});
