export type Account = Readonly<
  Record<'pid' | 'naps' | 'wall' | 'cpu' | 'delay' | 'blocked' | 'io' | 'ticks', number>
>;
export const shareClaims: (
  account: Account,
  counted: (metric: string) => number,
) => readonly {
  readonly metric: string;
  readonly expected: string;
  readonly counted: string;
  readonly verdict: string;
}[];
