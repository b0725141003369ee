/** `--dry-run`: what `--host` runs on the other host, to be read before it does. Nothing is started, not even ssh. */
import { EXIT, failure } from '../errors.ts';
import { readAddress } from '../remote/address.ts';
import { quoteAll } from '../remote/quote.ts';
import { readerScript, tracerScript } from '../remote/scripts.ts';
import { sshArguments, startOf } from '../remote/ssh.ts';
import type { Context } from './context.ts';

/** @throws E_USAGE without a host, E_HOST_NAME */
export const dryRun = async (context: Context, host: string | null): Promise<number> => {
  if (host === null)
    throw failure('E_USAGE', {
      fact: '--dry-run prints what would run on another host: give --host too.',
      command: 'stallscope live',
    });
  const address = readAddress(host);
  const folder = '/tmp/stallscope-…';
  const reader = readerScript('<drawn at random>');
  const tracer = tracerScript({
    launcher: ['/usr/bin/setpriv', '--pdeathsig', 'INT', '--'],
    file: '/usr/bin/bpftrace',
    args: ['-f', 'json', '-e', '<the script of the probes; each: stallscope probes show ID>'],
    env: { PATH: '<that of the host>', LC_ALL: 'C' },
  });
  const line = (role: 'master' | 'channel', script: string): string => {
    const command = startOf(Buffer.byteLength(script));
    return quoteAll(['ssh', ...sshArguments(address, { role, folder, command })]);
  };
  context.out.lines([
    '# the connection, and the reader of its files, given this script on standard input:',
    line('master', reader),
    '',
    ...reader.split('\n'),
    '',
    '# then one line for each thing that is read, and, through the same connection, the tracer:',
    line('channel', tracer),
    '',
    ...tracer.split('\n'),
  ]);
  return EXIT.ok;
};
