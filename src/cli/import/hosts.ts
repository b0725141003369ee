/** Which sources are of one host: by the name they carry, or by where they were found. */
import type { ForeignHost } from '../../foreign/foreign-recording.ts';
import type { Taken } from './take.ts';

export type HostSources = {
  readonly name: string | null;
  readonly host: ForeignHost;
  readonly sources: readonly Taken[];
};

export const byHost = (taken: readonly Taken[]): HostSources[] => {
  const names = [...new Set(taken.flatMap(({ host }) => host.hostname ?? []))].sort(
    (a, b) => a.length - b.length,
  );
  const groups = new Map<string | null, Taken[]>();
  for (const source of taken) {
    const name =
      source.host.hostname === undefined ? nameFor(source, taken) : shortest(names, source.host.hostname);
    groups.set(name, [...(groups.get(name) ?? []), source]);
  }
  return [...groups].map(([name, sources]) => ({
    name,
    host: Object.assign(
      {},
      ...sources.map(({ host }) => host),
      name === null ? {} : { hostname: name },
    ) as ForeignHost,
    sources,
  }));
};

/** Of a source without one: that of all others found with it, or else of all there are, if that is one. */
const nameFor = ({ under }: Taken, taken: readonly Taken[]): string | null => {
  for (const near of [taken.filter((other) => other.under === under), taken]) {
    const names = [...new Set(near.flatMap(({ host }) => host.hostname ?? []))];
    const [only] = names;
    if (only !== undefined && names.every((name) => isSame(name, only)))
      return names.sort((a, b) => a.length - b.length)[0] ?? null;
  }
  return null;
};

const shortest = (names: readonly string[], name: string): string =>
  names.find((other) => isSame(other, name)) ?? name;

/** `web-1` and `web-1.example.com`. */
const isSame = (a: string, b: string): boolean => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
