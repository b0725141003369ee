import { describe, expect, it } from 'vitest';
import { isFailure } from '../../src/errors.ts';
import { manifestJsonSchema, mapPrefix } from '../../src/probes/manifest.ts';
import { parseManifest } from '../../src/probes/parse-manifest.ts';

const good = () => ({
  format: 1,
  id: 'my-probe',
  title: 'Mine',
  question: 'Who?',
  metrics: [
    { name: 'calls', map: '@my_probe_calls', kind: 'counter', unit: 'count', label: 'calls', help: 'Calls' },
    { name: 'max_ns', map: '@my_probe_max_ns', kind: 'max', unit: 'ns', label: 'longest', help: 'Longest' },
  ],
  scratch: [{ map: '@my_probe_start', key: 'tid' }],
  variants: [
    {
      id: 'tracepoint',
      file: 'tracepoint.bt',
      title: 'by tracepoint',
      when: { facility: 'tracepoint', tracepoints: ['a:b'], fields: { 'a:b': ['c'] } },
      counts: { calls: 'Calls of b', max_ns: 'Longest b' },
      labels: { calls: 'b calls' },
      needs: 'a:b',
    },
  ],
  overhead: 'None to speak of.',
  caveats: ['None known.'],
});
type Draft = ReturnType<typeof good> & Record<string, unknown>;

const whyOf = (json: string): string => {
  try {
    parseManifest(json, '/probes/mine');
  } catch (error) {
    if (isFailure(error, 'E_PROBE_MANIFEST')) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('parseManifest', () => {
  it('takes a good one as it is', () => {
    expect(parseManifest(JSON.stringify(good()), '/probes/mine')).toEqual(good());
  });

  const broken: readonly (readonly [string, (draft: Draft) => void, string])[] = [
    ['another format', (d) => Object.assign(d, { format: 2 }), 'format: '],
    ['an unknown key', (d) => Object.assign(d, { colour: 'red' }), 'colour'],
    ['a missing question', (d) => Reflect.deleteProperty(d, 'question'), 'question: '],
    ['an empty sentence', (d) => Object.assign(d, { overhead: ' ' }), 'overhead: must not be empty'],
    ['an id that is no folder name', (d) => Object.assign(d, { id: '../x' }), 'id: '],
    [
      'a label too wide',
      (d) => Object.assign(d.metrics[0]!, { label: 'fifteen letters' }),
      'metrics[0].label: at most 14',
    ],
    [
      'a label with wide characters',
      (d) => Object.assign(d.metrics[0]!, { label: '呼び出し' }),
      'metrics[0].label: ',
    ],
    ['an unknown unit', (d) => Object.assign(d.metrics[1]!, { unit: 'parsec' }), 'metrics[1].unit: '],
    ['a gauge', (d) => Object.assign(d.metrics[0]!, { kind: 'gauge' }), 'metrics[0].kind: '],
    [
      'entries of threads without their number',
      (d) => Object.assign(d.metrics[0]!, { of: 'thread' }),
      'metrics[0].of: a thread is the one number in dims',
    ],
    [
      "another probe's map",
      (d) => Object.assign(d.metrics[0]!, { map: '@iomap_iter' }),
      'metrics[0].map: must be @my_probe_calls',
    ],
    [
      "a scratch map that is a metric's",
      (d) => Object.assign(d.scratch[0]!, { map: '@my_probe_calls' }),
      'scratch[0].map: ',
    ],
    ['a metric twice', (d) => d.metrics.push(d.metrics[0]!), '"calls" is there twice'],
    ['a variant twice', (d) => d.variants.push(d.variants[0]!), '"tracepoint" is there twice'],
    [
      'a script outside the folder',
      (d) => Object.assign(d.variants[0]!, { file: '../../etc/x.bt' }),
      'variants[0].file: ',
    ],
    [
      'an unknown facility',
      (d) => Object.assign(d.variants[0]!.when, { facility: 'magic' }),
      'variants[0].when.facility: ',
    ],
    [
      'a tracepoint without category',
      (d) => Object.assign(d.variants[0]!.when, { tracepoints: ['b'] }),
      'variants[0].when.tracepoints[0]: ',
    ],
    [
      'counts of no metric',
      (d) => Object.assign(d.variants[0]!.counts, { other: 'x' }),
      'variants[0].counts.other: is not a metric',
    ],
    [
      'a metric nobody counts',
      (d) => Reflect.deleteProperty(d.variants[0]!.counts, 'calls'),
      'no variant counts "calls"',
    ],
    ['no variant', (d) => Object.assign(d, { variants: [] }), 'variants: '],
  ];
  it.each(broken)('refuses %s and says where', (_name, breakIt, expected) => {
    const draft = good() as Draft;
    breakIt(draft);
    const why = whyOf(JSON.stringify(draft));
    expect(why).toContain('The probe folder /probes/mine is not usable: probe.json: ');
    expect(why).toContain(expected);
  });

  it('refuses what is not JSON, or no object', () => {
    expect(whyOf('{"format": 1,')).toContain('probe.json is not JSON');
    expect(whyOf('[]')).toContain('probe.json: ');
  });
});

it('gives every probe maps of its own', () => {
  expect(mapPrefix('page-alloc')).toBe('@page_alloc_');
});

it('publishes its schema', () => {
  expect(manifestJsonSchema()).toMatchObject({
    type: 'object',
    additionalProperties: false,
    required: expect.arrayContaining(['format', 'id', 'metrics', 'variants', 'overhead']),
  });
});
