/** Memory that grows outside of Python's own allocator: an extension, or a program in another language. */
import type { LeakSignature } from './leak-signature.ts';

export const nativeLeak: LeakSignature = {
  id: 'native-leak',
  title: 'Native leak: memory grows that no allocator of Python holds',
  severity: 'high',
  grows: 'native',
  advice: [
    {
      text: 'See which mapping grows',
      command: 'pmap -X PID | sort -k7 -n | tail; grep -A3 heap /proc/PID/smaps',
    },
    {
      text: 'See who allocates it',
      command: 'memray attach --native PID',
      risk: 'it stops the process for a moment, and makes every allocation slower while it is attached',
    },
    {
      text: 'Until it is found, replace workers before they are too large (max-requests), and bound them',
      command: 'systemctl set-property UNIT MemoryMax=4G',
      risk: 'a worker that reaches the bound is killed',
    },
  ],
};
