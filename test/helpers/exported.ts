/** Exports of a recording, and the summary that they are held against. */
import { expect } from 'vitest';
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

export const summaryOf = async (path: string, ...args: string[]): Promise<Summary> => {
  const { stdout, stderr, exitCode } = await runHere('summary', '--json', path, ...args);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Summary;
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
