/** The one way in which this room changes a file of the host: a setting of the kernel's. */
import { writeFileSync } from 'node:fs';

/** Whether it was taken. Where it is not there or not allowed, nothing changes. */
export const writeSetting = (path: string, value: string): boolean => {
  try {
    writeFileSync(path, value);
    return true;
  } catch {
    return false;
  }
};
