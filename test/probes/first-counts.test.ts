import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/probes/assemble.ts';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { firstCounts } from '../../src/probes/first-counts.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { hostFacts, LOCKED_6_18 } from './hosts.ts';

const of = (script: string, bpftrace = '0.23.2') =>
  firstCounts(script, hostFacts({ tracepoints: {}, bpftrace }));

describe('firstCounts', () => {
  it('makes the key before it counts, in the same line', () => {
    expect(of('{\n  @n[pid] = count();\n  @all = count();\n}\n')).toBe(
      '{\n  @n[pid] = sum((int64)0); @n[pid] = sum((int64)(1));\n' +
        '  @all = sum((int64)0); @all = sum((int64)(1));\n}\n',
    );
  });

  it('takes a value whole, whatever stands in it', () => {
    expect(of('@b[pid, str(args.x)] = sum(($a + (uint64)1) * 2); @c[1] = 2;')).toBe(
      '@b[pid, str(args.x)] = sum((int64)0); @b[pid, str(args.x)] = sum((int64)(($a + (uint64)1) * 2)); @c[1] = 2;',
    );
  });

  it('says a maximum twice, which changes none', () => {
    expect(of('@m[pid] = max($took);')).toBe('@m[pid] = max($took); @m[pid] = max($took);');
  });

  it('is for those that refuse a key which is there by then, and for no others', () => {
    const script = '@n[pid] = count();';
    for (const version of ['0.14.0', '0.17.0', '0.19.1', '0.24.0', '0.27.0'])
      expect(of(script, version)).toBe(script);
    for (const version of ['0.20.0', 'v0.20.2', '0.21.3', '0.22.1', '0.23.5'])
      expect(of(script, version)).not.toBe(script);
  });

  it('leaves no count of any probe that may be lost, and every line its number', () => {
    const script = (bpftrace: string) => {
      const facts = { ...LOCKED_6_18, bpftrace: { path: '/usr/bin/bpftrace', version: bpftrace } };
      return assemble({
        selected: loadCatalogue().map(({ manifest, folder }) => selectVariant(manifest, folder, facts)),
        filter: { kind: 'all' },
        intervalMs: 1000,
        mapKeys: 16384,
        facts,
      }).script.split('\n');
    };
    const [before, after] = [script('0.19.0'), script('0.20.0')];
    const counting = before.flatMap((line, index) => (/= (?:count|sum|max)\(/.test(line) ? [index] : []));
    expect(counting.length).toBeGreaterThan(50);
    expect(after).toHaveLength(before.length);
    for (const index of counting) {
      const targets = [...(after[index] ?? '').matchAll(/(@\w+(?:\[[^\]]*\])?) = (?:count|sum|max)\(/g)];
      const [first, second] = targets.map(([, target]) => target);
      expect(targets).toHaveLength(2);
      expect(second).toBe(first);
    }
  });
});
