import type { Carried } from '../../src/assets/carried.ts';

export const carriedPaths: () => string[];
export const carriedFiles: () => Carried;
