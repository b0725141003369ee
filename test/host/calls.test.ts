import { describe, expect, it } from 'vitest';
import { whyUnseen } from '../../src/host/calls.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { unseenCalls } from '../../src/probes/kinds/calls.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { fakeFiles } from '../helpers/fake-files.ts';
import { LOCKED_6_18 } from '../probes/hosts.ts';

const host = fakeFiles();

const ELF_32 = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0]);
const ELF_64 = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);

const make = (pid: number, comm: string, program: Buffer | null): void => {
  host.put(`/proc/${pid}/comm`, `${comm}\n`);
  if (program === null) return;
  host.put(`/bin/${pid}`, program);
  host.put(`/proc/${pid}/exe`, { link: `/bin/${pid}` });
};
make(7, 'old-spooler', ELF_32);
make(11, 'spooler', ELF_64);
make(13, 'nfsd', null);
make(17, 'kworker/0:1', null);
make(19, 'nfsd', ELF_64);

describe('whose calls are not seen', () => {
  it('are 32-bit programs of a 64-bit kernel, and file servers inside the kernel', () => {
    const why = (pid: number): string | null => whyUnseen(host, pid, 'x64');
    expect(why(7)).toBe('a 32-bit program: its system calls are not seen');
    expect(why(13)).toBe('nfsd works inside the kernel, without system calls');
    expect([11, 17, 19, 23].map(why)).toEqual([null, null, null, null]);
  });

  it('are nobody where the kernel is 32-bit itself', () => {
    expect(whyUnseen(host, 7, 'arm')).toBeNull();
  });

  it('are not the programs of this host', () => {
    expect(whyUnseen(localFiles, process.pid)).toBeNull();
  });
});

describe('what is not known of them', () => {
  const selected = loadCatalogue().map(({ manifest, folder }) =>
    selectVariant(manifest, folder, LOCKED_6_18),
  );
  const uncovered = unseenCalls(selected, (pid) => whyUnseen(host, pid, 'x64'));

  it('is all that is counted by system calls, and nothing else', () => {
    const metrics = Object.keys(uncovered(7) ?? {});
    expect(metrics).toEqual(expect.arrayContaining(['inode.create', 'inode.unlink_ns', 'iomap.seek_hole']));
    expect(metrics.filter((metric) => /^(faults|kswapd|page-alloc|xfs-alloc)\./.test(metric))).toEqual([]);
  });

  it('is nothing for everybody else', () => {
    expect(uncovered(11)).toBeUndefined();
    expect(unseenCalls([], () => 'never asked')(7)).toBeUndefined();
  });
});
