/** What `doctor` found, for people and for scripts. */
import { clean } from '../screen/format/text.ts';

export type DoctorReport = {
  readonly state: 'ready' | 'degraded' | 'blocked';
  /** Its name, where it is another. */
  readonly host?: string | undefined;
  readonly checks: readonly {
    readonly id: string;
    readonly title: string;
    readonly state: 'ok' | 'degraded' | 'blocked';
    readonly fact: string;
    readonly command?: string | undefined;
  }[];
  readonly probes: readonly {
    readonly id: string;
    readonly state: 'ready' | 'degraded' | 'blocked';
    readonly variant: string | null;
    readonly why: string;
    /** Every variant that does not run here, each with its reason. */
    readonly rejected: readonly { readonly variant: string; readonly reason: string }[];
    readonly command?: string | undefined;
  }[];
  /** The Python interpreters found, and what of them can be counted. */
  readonly pythons?: readonly { readonly file: string; readonly facts: string }[];
  /** The one command that helps most; null when nothing is in the way. */
  readonly next: string | null;
};

export const doctorObject = (report: DoctorReport): object => ({
  format: 'stallscope-doctor',
  version: 1,
  ...report,
});

export const doctorLines = (report: DoctorReport): string[] => {
  const width = Math.max(...[...report.checks, ...report.probes].map(({ id }) => id.length));
  const line = (id: string, state: string, text: string): string =>
    `  ${state.padEnd(8)}  ${id.padEnd(width)}  ${clean(text)}`;
  return [
    report.host ?? 'This host',
    ...report.checks.map(({ id, state, fact }) => line(id, state, fact)),
    '',
    'Probes',
    ...report.probes.flatMap(({ id, state, variant, why, rejected }) => [
      line(
        id,
        state,
        variant === null ? (rejected.length > 0 ? 'no variant can run' : why) : `variant ${variant}`,
      ),
      ...rejected.map((other) => line('', '', `  not ${other.variant}: ${other.reason}`)),
    ]),
    ...((report.pythons ?? []).length === 0
      ? []
      : [
          '',
          'Python',
          ...(report.pythons ?? []).map(({ file, facts }) => `  ${clean(file)}: ${clean(facts)}`),
        ]),
    '',
    report.next === null ? VERDICTS[report.state] : `${VERDICTS[report.state]} Next: ${clean(report.next)}`,
  ];
};

const VERDICTS = {
  ready: 'Ready: every probe can run as it should.',
  degraded: 'Tracing works, with less than other hosts allow.',
  blocked: 'Tracing cannot begin.',
} as const;
