/** What a control group is called where there is little room: its container, its unit, or the last part of its path. */
import { containerOf } from './container.ts';

const MOST_CHARS = 32;

export const cgroupName = (path: string): string => {
  if (path === '/') return '/';
  const name = containerOf(path) ?? path.split('/').findLast((part) => part !== '') ?? path;
  return name.length <= MOST_CHARS ? name : `${name.slice(0, MOST_CHARS - 1)}…`;
};
