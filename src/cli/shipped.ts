/** What the tool itself calls things: the only names that a redacted recording may repeat. */

import { BUCKET } from '../core/histogram.ts';
import { SIGNATURES } from '../insight/findings/index.ts';
import { nativeLeak } from '../insight/findings/native-leak.ts';
import { pythonLeak } from '../insight/findings/python-leak.ts';
import { loadCatalogue } from '../probes/catalogue.ts';
import type { Shipped } from '../recording/redact.ts';

export const shippedNames = (): Shipped => {
  const manifests = loadCatalogue().map(({ manifest }) => manifest);
  return {
    probes: new Set(manifests.map(({ id }) => id)),
    variants: new Set(manifests.flatMap(({ variants }) => variants.map(({ id }) => id))),
    metrics: new Map(
      manifests.flatMap(({ id, metrics, variants }) =>
        metrics.map(({ name, label, help }) => {
          const counted = variants.flatMap(({ counts }) => counts[name] ?? []);
          return [`${id}.${name}`, { label, texts: new Set([help, ...counted]) }] as const;
        }),
      ),
    ),
    texts: new Set(
      manifests.flatMap(({ variants }) => variants.flatMap(({ estimates = {} }) => Object.values(estimates))),
    ),
    dims: new Set([BUCKET, ...manifests.flatMap(({ metrics }) => metrics.flatMap(({ dims = [] }) => dims))]),
    findings: new Map([...SIGNATURES, nativeLeak, pythonLeak].map(({ id, title }) => [id, title])),
  };
};
