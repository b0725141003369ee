/** Real incidents are named, with the right suspect; what only looks like one, and ordinary work, is not. */
import { describe, expect, it } from 'vitest';
import { findingsIn, realSessions } from '../../helpers/incidents.ts';

describe('a real session', () => {
  it('is there of every kind, and of every failure that has a name', () => {
    const named = new Set(realSessions.flatMap(({ findings }) => findings.map(({ id }) => id)));
    expect([...named].sort()).toEqual([
      'high-order-exhaustion',
      'inode-churn',
      'native-leak',
      'page-cache-thrash',
      'python-leak',
      'seek-hole-storm',
      'xfs-alloc-deadlock',
    ]);
    expect(new Set(realSessions.map(({ kind }) => kind))).toEqual(new Set(['incident', 'near miss', 'null']));
  });

  it.each(realSessions.map((session) => [session.kind, session.name, session] as const))(
    '%s %s',
    (_, __, { path, findings: truth }) => {
      const found = findingsIn(path);
      const told = (findings: readonly { id: string; suspect: { pid: number } | null }[]): string[] =>
        findings.map(({ id, suspect }) => `${id} ${suspect?.pid}`).sort();
      expect(told(found)).toEqual(told(truth));
      for (const { id, victims } of truth) {
        const suffering = found.find((finding) => finding.id === id)?.victims.map(({ comm }) => comm);
        expect(suffering).toEqual(expect.arrayContaining([...victims]));
      }
    },
  );
});
