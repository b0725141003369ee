/** Whether a full screen makes sense here; otherwise why not, in words. */
export const whyNoScreen = (streams: {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}): string | null => {
  if (streams.stdout.isTTY !== true) return 'the output is not a terminal';
  if (streams.stdin.isTTY !== true) return 'the input is not a terminal';
  if (streams.env.TERM === 'dumb') return 'TERM is dumb';
  return null;
};
