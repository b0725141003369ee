/** bpftrace, interrupted while its output waits to be read: what it counted last must come. */
import { expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { endedWhileUnread } from '../helpers/unread.ts';

/** Prints more in a second than a socket holds. */
const SCRIPT = `interval:ms:5 { @n[nsecs % 50] = count(); print(@n); }
interval:ms:100 { printf("tick %llu\\n", nsecs); }
END { printf("end %llu\\n", nsecs); }`;

describeWith(TRACING, 'a tracer whose output is read late', () => {
  it('ends with its last counts', async () => {
    const { code, text } = await endedWhileUnread(
      process.env.STALLSCOPE_BPFTRACE ?? 'bpftrace',
      ['-f', 'json', '-e', SCRIPT],
      {
        PATH: process.env.PATH ?? '',
      },
    );
    expect(code).toBe(0);
    const end = text.indexOf('"end ');
    expect(end).toBeGreaterThan(0);
    expect(text.indexOf('"type": "map"', end)).toBeGreaterThan(end);
  });
});
