/** Exports of a recording, and the summary that they are held against. */
import { expect } from 'vitest';
import { isBreakdown, type MetricDescriptor } from '../../src/core/metric.ts';
import { runHere } from './command.ts';

export type Summary = {
  readonly recording: { readonly complete: boolean };
  readonly totals: Readonly<Record<string, number>>;
  readonly host: Readonly<Record<string, number>>;
  readonly metrics: readonly { readonly id: string; readonly kind: string; readonly unit: string }[];
  readonly coverage: Readonly<Record<string, { readonly coverage: string }>>;
  readonly pids: readonly {
    readonly pid: number;
    readonly startTime: number | null;
    readonly comm: string;
    readonly exited: boolean;
    readonly metrics: Readonly<Record<string, number>>;
  }[];
};

/** Without breakdowns: what they count is in other metrics too, and no export has them as values. */
export const summaryOf = async (path: string, ...args: string[]): Promise<Summary> => {
  const { stdout, stderr, exitCode } = await runHere('summary', '--json', path, ...args);
  expect(exitCode, stderr).toBe(0);
  const summary = JSON.parse(stdout) as Summary;
  const metrics = summary.metrics as readonly MetricDescriptor[];
  const breakdowns = new Set(metrics.filter(isBreakdown).map(({ id }) => id));
  const valuesOf = (values: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(values).filter(([id]) => !breakdowns.has(id)));
  return {
    ...summary,
    metrics: summary.metrics.filter(({ id }) => !breakdowns.has(id)),
    totals: valuesOf(summary.totals),
    pids: summary.pids.map((one) => ({ ...one, metrics: valuesOf(one.metrics) })),
  };
};

export type Findings = readonly {
  readonly id: string;
  readonly title: string;
  readonly suspect: object | null;
}[];

export const findingsOf = async (path: string): Promise<Findings> => {
  const { stdout, stderr, exitCode } = await runHere('analyze', '--json', path);
  expect(exitCode, stderr).toBe(0);
  return (JSON.parse(stdout) as { findings: Findings }).findings;
};

/** As it is written, to its last line. */
export const exportOf = async (path: string, ...args: string[]): Promise<string> => {
  const { stdout, stderr, exitCode } = await runHere('export', path, ...args);
  expect(exitCode, stderr).toBe(0);
  return `${stdout}\n`;
};

/** Without what is zero: nothing is written of it. */
export const moved = (values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
