/**
 * The same script, such that bpftrace 0.20 to 0.23 loses no first count. They make a key of a per-CPU map with BPF_NOEXIST
 * after they have not found it: where two CPUs count the first time for a process at once, the second is refused, and what
 * it counted is lost (bpftrace issue 4068; 0.24 makes keys as 0.19 did). So each count is made of two statements, of which the
 * first may be lost without harm and leaves a key behind, and the second finds it:
 *
 *     @n[pid] = count();       @n[pid] = sum((int64)0); @n[pid] = sum((int64)(1));
 *     @m[pid] = max($took);    @m[pid] = max($took); @m[pid] = max($took);
 *
 * Both of a sum are cast, because a map holds sums of one signedness. Lines keep their numbers.
 */
import type { HostFacts } from '../host/facts.ts';
import { closingParenthesis } from './clause-text.ts';
import { losesFirstCounts } from './version.ts';

const COUNTING = /(@\w+(?:\[[^\]]*\])?)\s*=\s*(count|sum|max)\(/g;

export const firstCounts = (script: string, facts: HostFacts): string => {
  if (!losesFirstCounts(facts)) return script;
  let text = '';
  let at = 0;
  for (const { 0: opening, 1: target = '', 2: kind = '', index } of script.matchAll(COUNTING)) {
    const open = index + opening.length - 1;
    const close = closingParenthesis(script, open);
    text += script.slice(at, index) + twice(target, kind, script.slice(open + 1, close));
    at = close + 1;
  }
  return text + script.slice(at);
};

const twice = (target: string, kind: string, value: string): string =>
  kind === 'max'
    ? `${target} = max(${value}); ${target} = max(${value})`
    : `${target} = sum((int64)0); ${target} = sum((int64)(${kind === 'count' ? '1' : value}))`;
