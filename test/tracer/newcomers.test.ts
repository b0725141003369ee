import { describe, expect, it } from 'vitest';
import { createNewcomers } from '../../src/tracer/newcomers.ts';

const everyone = () => true;
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('newcomers', () => {
  it('are looked at when they come, and once more when they have grown', () => {
    const newcomers = createNewcomers();
    expect(newcomers.find([7], 0, everyone)).toEqual([7]);
    expect(newcomers.find([7, 8], 500_000, everyone)).toEqual([8]);
    expect(newcomers.find([7, 8], 1_000_000, everyone)).toEqual([7]);
    expect(newcomers.find([7, 8], 1_500_000, everyone)).toEqual([8]);
    expect(newcomers.find([7, 8], 90_000_000, everyone)).toEqual([]);
  });

  it('that do not belong to the session are not found', () => {
    expect(createNewcomers().find([7, 8], 0, (pid) => pid === 8)).toEqual([8]);
  });

  it('are looked at in turn when there are many, and none is forgotten', () => {
    const newcomers = createNewcomers();
    const all = range(1_300);
    const found = [0, 1, 2].flatMap((tick) => newcomers.find(all, tick, everyone));
    expect(found).toEqual(all);
  });

  it('are new again when somebody else has their PID', () => {
    const newcomers = createNewcomers();
    newcomers.find([7], 0, everyone);
    newcomers.forget(7);
    expect(newcomers.find([7], 1, everyone)).toEqual([7]);
  });

  it('are new again after they were gone', () => {
    const newcomers = createNewcomers();
    newcomers.find([7], 0, everyone);
    newcomers.find([], 1, everyone);
    expect(newcomers.find([7], 2, everyone)).toEqual([7]);
  });
});
