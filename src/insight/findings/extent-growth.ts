/** Files that fall apart: what makes searches for holes long, and extent lists large, weeks before either is felt. */
import type { GrowthSignature } from './growth-signature.ts';

export const extentGrowth: GrowthSignature = {
  id: 'extent-growth',
  title: 'Files lie in ever more extents',
  severity: 'medium',
  advice: [
    {
      text: 'See who has them open, what their lists cost, and what puts them together on their file system',
      command: 'stallscope extents FILE',
    },
    {
      text: 'Images that guests write at random: allocate them whole (preallocation=falloc), or give their directory an extsize hint, before they are made',
      command: 'xfs_io -c "extsize 16m" DIRECTORY',
      risk: 'of files to come only; each takes space in steps of that size',
    },
  ],
};
