// One guest: a kernel of the matrix under QEMU's software emulation (this machine's /dev/kvm may be of a kind on which
// stock kernels hang), its disks, and the rows that come out of its second serial line. Nothing it writes is kept.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MEMORY_MIB = 1024;
const PATIENCE_MS = 25 * 60_000;
const CONSOLE_TAIL_LINES = 25;

/**
 * Boots, with `words` on the kernel's command line, hands every row to `onRow` as it comes, and resolves to null when the
 * guest went through all it had to do, or to what went wrong, with the end of its console. `sshPort` of this host leads to
 * its sshd, and then it may restart; `signal` gives it up.
 */
export const bootGuest = async ({
  directory,
  toolImage,
  onRow,
  memoryMebibytes = MEMORY_MIB,
  words = [],
  patienceMs = PATIENCE_MS,
  sshPort = null,
  signal = null,
}) => {
  const work = mkdtempSync(join(tmpdir(), 'stallscope-vm-'));
  const consolePath = join(work, 'console');
  const log = openSync(consolePath, 'w');
  const machine = qemuArguments({ directory, toolImage, memoryMebibytes, words, sshPort });
  const guest = spawn('qemu-system-x86_64', machine, { stdio: ['ignore', 'pipe', log] });
  const stop = () => guest.kill('SIGKILL');
  process.once('exit', stop);
  signal?.addEventListener('abort', stop);
  const timer = setTimeout(stop, patienceMs);
  let finished = false;
  const lines = createInterface({ input: guest.stdout });
  lines.on('line', (line) => {
    const row = readRow(line);
    if (row === null) return;
    if (row.finished === true) finished = true;
    else onRow(row);
  });
  const [status] = await once(guest, 'close');
  clearTimeout(timer);
  process.off('exit', stop);
  closeSync(log);
  const tail = readFileSync(consolePath, 'utf8').trimEnd().split('\n').slice(-CONSOLE_TAIL_LINES).join('\n');
  rmSync(work, { recursive: true, force: true });
  return finished ? null : `the guest ended before its trials did (QEMU status ${status})\n${tail}`;
};

/** The console goes to stderr, and from there into a file; rows to stdout. */
const qemuArguments = ({ directory, toolImage, memoryMebibytes, words, sshPort }) => [
  ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-smp', '2', '-m', String(memoryMebibytes)],
  // With cx16 the emulation of QEMU 7.2 faults twice in kernel 6.12.
  ...['-cpu', 'max,-cx16', '-display', 'none', '-monitor', 'none'],
  ...(sshPort === null ? ['-no-reboot'] : []),
  ...['-chardev', 'file,id=console,path=/dev/stderr', '-serial', 'chardev:console', '-serial', 'stdio'],
  ...['-kernel', join(directory, 'vmlinuz'), '-initrd', join(directory, 'initrd.cpio.gz')],
  ...['-append', ['console=ttyS0 panic=-1 quiet', ...words].join(' ')],
  ...['-drive', `file=${join(directory, 'root.img')},format=raw,if=virtio,snapshot=on,cache=unsafe`],
  ...['-drive', `file=${toolImage},format=raw,if=virtio,readonly=on`],
  '-nic',
  `user,model=virtio-net-pci${sshPort === null ? '' : `,hostfwd=tcp:127.0.0.1:${sshPort}-:22`}`,
];

const readRow = (line) => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};
