import { defineConfig } from 'vitest/config';

// `unit` files run beside each other; what measures a kernel or a terminal runs alone, one file after the other. `npm test`
// runs `unit` and `system`; `kernel` and `packages` take longer than anybody waits for, and have their own commands.
export default defineConfig({
  test: {
    reporters: ['default', './test/helpers/closing-lines.ts'],
    // For a hang, not for a slow disk or a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real processes, kernels, disks and terminals on a machine that others use: what fails once is tried once more, and
    // the last lines say which tests needed that.
    retry: 1,
    // By itself it would leave one CPU idle: of two, half of all.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/kernel/**', 'test/e2e/**', 'test/packages/**', 'test/vm/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'kernel',
          include: ['test/kernel/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['test/packages/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          retry: 0,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
