export const heldOpen: (
  file: string,
  ...args: readonly string[]
) => Promise<{ readonly said: string; readonly end: () => Promise<void> }>;
