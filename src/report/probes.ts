/** The catalogue of probes as text. The walls keep views from the probes' room, so they are drawn from plain shapes. */
import { clean } from '../screen/format/text.ts';

export type ProbeSheet = {
  readonly manifest: {
    readonly id: string;
    readonly title: string;
    readonly question: string;
    readonly metrics: readonly {
      readonly name: string;
      readonly unit: string;
      readonly help: string;
      /** Only for what other metrics are made of. */
      readonly internal?: true | undefined;
    }[];
    readonly variants: readonly { readonly id: string; readonly title: string; readonly needs: string }[];
    readonly overhead: string;
    readonly caveats: readonly string[];
  };
  readonly variant: { readonly id: string; readonly counts: Readonly<Record<string, string>> } | null;
  /** What the variant attaches to besides the kernel. */
  readonly files: readonly string[];
  readonly rejected: readonly { readonly variant: string; readonly reason: string }[];
};

export const probeListLines = (sheets: readonly ProbeSheet[]): string[] => [
  ...sheets.flatMap(({ manifest, variant, rejected }) => [
    `${manifest.id}  ${clean(manifest.question)}`,
    `    here: ${variant === null ? 'cannot run' : `variant ${variant.id}`}`,
    ...rejected.map(({ variant: other, reason }) => `          not ${other}: ${clean(reason)}`),
    ...shownOf(manifest).map(
      ({ name, unit, help }) => `    ${`${manifest.id}.${name}`.padEnd(26)} ${unit.padEnd(6)} ${clean(help)}`,
    ),
    '',
  ]),
  'More of one, with its script: stallscope probes show ID',
];

export const probeLines = (
  { manifest, variant, files, rejected }: ProbeSheet,
  shown: { readonly variant: string; readonly script: string } | null,
): string[] => [
  `${manifest.id}: ${clean(manifest.title)}`,
  clean(manifest.question),
  '',
  'Metrics',
  ...shownOf(manifest).map(
    ({ name, unit, help }) => `  ${manifest.id}.${name} (${unit}): ${clean(variant?.counts[name] ?? help)}`,
  ),
  '',
  'Variants, the preferred first',
  ...manifest.variants.map(({ id, title, needs }) => {
    const refusal = rejected.find((other) => other.variant === id)?.reason;
    const here = id === variant?.id ? 'used here' : `not used here: ${refusal ?? 'another is preferred'}`;
    return `  ${id}: ${clean(title)}. Needs: ${clean(needs)}. ${clean(here)}.`;
  }),
  '',
  ...files.map((file) => `Attaches to: ${clean(file)}`),
  `Overhead: ${clean(manifest.overhead)}`,
  ...manifest.caveats.map((caveat) => `Caveat: ${clean(caveat)}`),
  ...(shown === null
    ? []
    : [
        '',
        `The script of ${shown.variant}${shown.variant === variant?.id ? ', used here' : ', not used here'}:`,
        '',
        ...shown.script.trimEnd().split('\n'),
      ]),
];

/** What a session shows. */
const shownOf = ({ metrics }: ProbeSheet['manifest']) => metrics.filter(({ internal }) => internal !== true);
