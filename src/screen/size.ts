/** How large the terminal is, in cells. Never zero: Ink would start a child process to find out. */
export type Size = { readonly columns: number; readonly rows: number };

export const sizeOf = (stdout: { readonly columns?: number; readonly rows?: number }): Size => ({
  columns: positive(stdout.columns, 80),
  rows: positive(stdout.rows, 24),
});

const positive = (value: number | undefined, otherwise: number): number =>
  value !== undefined && value > 0 ? value : otherwise;
