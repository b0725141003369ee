/** Block devices: the kernel counts by their number, people know their names. */

export type BlockDevice = { readonly major: number; readonly minor: number; readonly device: string };

const MINOR_BITS = 20;

/** `vda`; `254:0` of one that came after tracing began, and in recordings that name none. */
export const deviceName = (devices: readonly BlockDevice[], number: number): string => {
  const major = Math.floor(number / 2 ** MINOR_BITS);
  const minor = number % 2 ** MINOR_BITS;
  const known = devices.find((one) => one.major === major && one.minor === minor);
  return known?.device ?? `${major}:${minor}`;
};
