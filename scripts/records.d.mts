import type { MetricDescriptor } from '../src/core/metric.ts';
import type { CounterEntry, HeaderRecord, SampleRecord } from '../src/core/record.ts';

export const START_US: number;
export const metricOf: (id: string, more?: Partial<MetricDescriptor>) => MetricDescriptor;
export const headerOf: (change?: Partial<HeaderRecord>) => HeaderRecord;
export const sampleOf: (
  seq: number,
  counters?: Readonly<Record<string, readonly CounterEntry[]>>,
  change?: Partial<SampleRecord>,
) => SampleRecord;
