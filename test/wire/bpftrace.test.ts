import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, entriesOf, type TracerMessage } from '../../src/wire/bpftrace.ts';
import { jsonLines } from '../helpers/captured.ts';

const messages = (path: string): TracerMessage[] =>
  jsonLines(path).map((line) => {
    const decoded = decodeMessage(line);
    if (decoded.kind !== 'message') throw new Error(`${decoded.kind}: ${JSON.stringify(line)}`);
    return decoded.message;
  });

const dataOf = (list: readonly TracerMessage[], type: string): unknown[] =>
  list
    .filter((message) => message.type === type)
    .map((message) => ('data' in message ? message.data : message));

const typesIn = (list: readonly TracerMessage[]): string[] =>
  [...new Set(list.map(({ type }) => type))].sort();

describe('bpftrace 0.17, captured', () => {
  it('every type of an interval and of the end', () => {
    const list = messages('captured/bpftrace-0.17/every-type.ndjson');
    expect(typesIn(list)).toEqual([
      'attached_probes',
      'cat',
      'hist',
      'map',
      'printf',
      'stats',
      'time',
      'value',
    ]);
    expect(dataOf(list, 'attached_probes')).toEqual([{ probes: 4 }]);
    const maps = dataOf(list, 'map');
    expect(maps).toContainEqual({ '@n': { '10498': 6 } });
    expect(maps).toContainEqual({ '@by': { '10498,2': 6 } });
    expect(maps).toContainEqual({ '@mx': 9 });
    expect(dataOf(list, 'hist')).toContainEqual({ '@h': [{ min: 64, max: 127, count: 6 }] });
    expect(dataOf(list, 'hist')).toContainEqual({ '@hk': { '10498': [{ min: 4, max: 7, count: 6 }] } });
    expect(dataOf(list, 'stats')).toContainEqual({ '@s': { count: 6, average: 7, total: 42 } });
    expect(dataOf(list, 'stats')).toContainEqual({ '@a': 3 });
    expect(dataOf(list, 'value')).toContainEqual([1, 2, 'x']);
    expect(dataOf(list, 'printf')).toEqual(['begin 3654034964771\n']);
  });

  it('lost events with their number', () => {
    const list = messages('captured/bpftrace-0.17/lost-events.ndjson');
    expect(dataOf(list, 'lost_events')).toEqual([{ events: 616939 }]);
  });

  it('a full map, reported as helper errors', () => {
    const errors = messages('captured/bpftrace-0.17/helper-error.ndjson').filter(
      ({ type }) => type === 'helper_error',
    );
    expect(errors.length).toBeGreaterThan(20);
    expect(errors[0]).toMatchObject({ helper: 'map_update_elem', retcode: -7, line: 1, col: 54 });
  });

  it('a whole session of ours', () => {
    expect(typesIn(messages('captured/bpftrace-0.17/session.ndjson'))).toEqual([
      'attached_probes',
      'map',
      'printf',
    ]);
  });
});

describe('other versions, by their source', () => {
  it.each([
    ['0.14', ['attached_probes', 'hist', 'join', 'lost_events', 'map', 'printf', 'stats', 'syscall']],
    ['0.22', ['attached_probes', 'helper_error', 'hist', 'map']],
    [
      '0.24',
      ['attached_probes', 'errorf', 'lost_events', 'map', 'runtime_error', 'stats', 'tseries', 'value'],
    ],
    ['0.27', ['attached_probes', 'helper_error', 'map', 'time', 'warnf']],
  ])('%s', (version, types) => {
    expect(typesIn(messages(`documented/bpftrace-${version}.ndjson`))).toEqual(types);
  });

  it('values beyond 2^53 stay what they were: strings where they are strings', () => {
    expect(dataOf(messages('documented/bpftrace-0.24.ndjson'), 'map')).toContainEqual({
      '@n': { '10498': '18446744073709551614', '7': 2 },
    });
  });
});

describe('what no table knows', () => {
  it('keeps an unknown type by name', () => {
    expect(decodeMessage({ type: 'hologram', data: 1 })).toEqual({ kind: 'unknown', type: 'hologram' });
    expect(decodeMessage({ type: 'x'.repeat(500) })).toEqual({ kind: 'unknown', type: 'x'.repeat(40) });
  });

  it('rejects a known type of another shape, and says where', () => {
    const decoded = decodeMessage({ type: 'lost_events', data: { events: 'many' } });
    expect(decoded).toMatchObject({ kind: 'rejected' });
    expect(decoded).toHaveProperty('reason', expect.stringContaining('data.events'));
    expect(decodeMessage({ type: 'attached_probes' })).toMatchObject({ kind: 'rejected' });
  });

  it('never throws, whatever JSON it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(['message', 'unknown', 'rejected']).toContain(decodeMessage(value).kind);
      }),
    );
  });

  it('a name that is a trap stays a name', () => {
    const line = '{"type":"map","data":{"__proto__":{"7":1},"constructor":3,"@n":{"__proto__":2}}}';
    decodeMessage(JSON.parse(line));
    expect(({} as Record<string, unknown>)['7']).toBeUndefined();
    expect(Object.prototype).not.toHaveProperty('@n');
  });

  it('decodes a line of 1 MB', () => {
    const keys = Array.from({ length: 70_000 }, (_, pid) => `"${pid + 1}": ${pid * 3}`);
    const line = `{"type": "map", "data": {"@n": {${keys.join(', ')}}}}`;
    expect(line.length).toBeGreaterThan(1_000_000);
    const decoded = decodeMessage(JSON.parse(line));
    if (decoded.kind !== 'message' || decoded.message.type !== 'map') throw new Error(decoded.kind);
    expect(entriesOf(decoded.message.data['@n'] ?? 0, 1).entries).toHaveLength(70_000);
  });
});

describe('text above 0x7f', () => {
  const textOf = (json: string): unknown => {
    const decoded = decodeMessage(JSON.parse(`{"type":"printf","data":"${json}"}`));
    return decoded.kind === 'message' && decoded.message.type === 'printf' ? decoded.message.data : decoded;
  };

  it.each([
    ['a\\uffffffc3\\uffffffa9b', 'aéb'],
    ['\\uffffffe2\\uffffff82\\uffffffac 5', '€ 5'],
    ['\\uffffffff alone', '\ufffd alone'],
    ['\\uffffffc3', '\ufffd'],
    ['c3a9 \\uffff odd', 'c3a9 \uffff odd'],
    ['é as it is', 'é as it is'],
  ])('%s', (json, expected) => {
    expect(textOf(json)).toBe(expected);
  });
});

describe('entries of an integer-keyed map', () => {
  const exact = (entries: number[][]) => ({ entries, imprecise: false, odd: 0 });

  it('by PID, by PID and dimensions, and without a key', () => {
    expect(entriesOf({ '7': 3, '8': 4 }, 1)).toEqual(
      exact([
        [7, 3],
        [8, 4],
      ]),
    );
    expect(entriesOf({ '7,2,-1': 3 }, 3)).toEqual(exact([[7, 2, -1, 3]]));
    expect(entriesOf(5, 0)).toEqual(exact([[5]]));
  });

  it('a never-hit map is empty, however it is printed', () => {
    expect(entriesOf({}, 1)).toEqual(exact([]));
    expect(entriesOf(0, 1)).toEqual(exact([]));
  });

  it('strings of digits count, beyond 2^53 imprecisely', () => {
    expect(entriesOf({ '7': '12' }, 1)).toEqual(exact([[7, 12]]));
    expect(entriesOf({ '7': '9007199254740993' }, 1)).toEqual({
      entries: [[7, Number('9007199254740993')]],
      imprecise: true,
      odd: 0,
    });
    expect(entriesOf({ '7': 2 ** 60 }, 1).imprecise).toBe(true);
  });

  it.each([
    ['a comma in a name', { 'a,b,1': 3 }, 2],
    ['a name where a number belongs', { bash: 3 }, 1],
    ['an empty key', { '': 3 }, 1],
    ['half a key', { '7,': 3 }, 2],
    ['a key that Number would take', { '0x10': 1, ' 5': 1, '1e3': 1 }, 1],
    ['text as value', { '7': 'many', '8': '' }, 1],
    ['a tuple as value', { '7': [1, 2] }, 1],
    ['a truth as value', { '7': true }, 1],
    ['2^64 − 1 as 0.17 prints it', { '7': -1 }, 1],
    ['more key parts than expected', { '7,1': 1 }, 1],
  ])('counts as odd: %s', (_, value, keyParts) => {
    const { entries, odd } = entriesOf(value, keyParts);
    expect(entries).toEqual([]);
    expect(odd).toBe(Object.keys(value).length);
  });

  it('a scalar where keys are expected is odd unless it is 0', () => {
    expect(entriesOf(3, 1)).toEqual({ entries: [], imprecise: false, odd: 1 });
  });
});
