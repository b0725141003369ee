/** The last lines of a run: what was skipped and why, counted, what was tried twice, then one plain line of totals. */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

const NO_REASON = 'no reason given';
/** A test that cannot run here says so in its name, or its group's: `counts 23 seeks [needs root]`. */
const REASON = /\[(needs [^\]]+)\]/;

export default class ClosingLines implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cases = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => cases.filter((one) => one.result().state === state);
    const skipped = inState('skipped');
    const reasons = new Map<string, number>();
    for (const one of skipped) {
      const reason = reasonOf(one);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    for (const [reason, count] of reasons) console.log(`Skipped ${count}: ${reason}`);
    for (const one of inState('passed'))
      if ((one.diagnostic()?.retryCount ?? 0) > 0) console.log(`Passed when tried again: ${one.fullName}`);
    const broken = modules.filter((module) => module.errors().length > 0).length;
    console.log(
      `${inState('passed').length} passed, ${inState('failed').length + broken} failed, ${skipped.length} skipped`,
    );
  }
}

const reasonOf = (one: TestCase): string => {
  const result = one.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return note ?? REASON.exec(one.fullName)?.[1] ?? NO_REASON;
};
