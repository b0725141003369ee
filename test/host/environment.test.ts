import { expect, it } from 'vitest';
import { builtEnvironment } from '../../src/host/environment.ts';

it('says where things are, and passes on nothing that changes what they mean', () => {
  const meant = { PATH: '/bin', LD_LIBRARY_PATH: '/opt/lib', HOME: '/root', TMPDIR: '/var/tmp' };
  const harmful = {
    BPFTRACE_STRLEN: '6',
    BPFTRACE_MAX_STRLEN: '6',
    BPFTRACE_MAX_PROBES: '1',
    BPFTRACE_BTF: '/other',
    LD_PRELOAD: '/other.so',
    LANG: 'de_DE.UTF-8',
    LC_NUMERIC: 'de_DE.UTF-8',
    LANGUAGE: 'de',
    XFS_IO_PROGS: 'x',
  };
  expect(builtEnvironment({ ...meant, ...harmful, LC_ALL: 'de_DE.UTF-8' })).toEqual({
    ...meant,
    LC_ALL: 'C',
  });
  expect(builtEnvironment({ PATH: '.:/bin::bin' })).toEqual({ PATH: '/bin', LC_ALL: 'C' });
});
