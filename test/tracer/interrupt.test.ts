import { describe, expect, it } from 'vitest';
import { untilQuiet } from '../../src/tracer/interrupt.ts';

/** What it does at each look, the last for ever; `bytes` read by then. */
const writer = (looks: readonly { readonly writing: boolean | null; readonly bytes?: number }[]) => {
  let looked = 0;
  const now = () => looks[Math.min(looked, looks.length) - 1];
  return {
    isWriting: () => {
      looked += 1;
      return now()?.writing ?? null;
    },
    bytesRead: () => now()?.bytes ?? 0,
    looked: () => looked,
  };
};

describe('a tracer is asked to end', () => {
  it('when it was seen twice to write nothing, and nothing came between', async () => {
    const busy = writer([
      { writing: true },
      { writing: false, bytes: 1 },
      { writing: false, bytes: 2 },
      { writing: true, bytes: 2 },
      { writing: false, bytes: 3 },
      { writing: false, bytes: 3 },
    ]);
    await untilQuiet(busy, 60_000);
    expect(busy.looked()).toBe(6);
  });

  it('at once where nobody can say, or nothing is to be waited for', async () => {
    const unknown = writer([{ writing: null }]);
    await untilQuiet(unknown, 60_000);
    expect(unknown.looked()).toBe(1);
    const never = writer([{ writing: true }]);
    await untilQuiet(never, 0);
    expect(never.looked()).toBe(0);
  });

  it('in the end whatever it does', async () => {
    const always = writer([{ writing: true }]);
    await untilQuiet(always, 50);
    expect(always.looked()).toBeGreaterThan(0);
  });
});
