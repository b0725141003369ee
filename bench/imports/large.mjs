/**
 * node bench/imports/large.mjs [HOURS] [LOG_MIB]: a day of `sar -A` text at 10 s of a host with 64 CPUs and 200 disks, the same
 * as XML, and a kernel log of a GiB, made here with the shapes of sysstat 12 and Linux 6: how long the import takes and how
 * much memory it ever had, beside grep on the same files. Needs a build, and room for the files in TMPDIR.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tool = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin', 'stallscope.js');
const hours = Number(process.argv[2] ?? 24);
const logMiB = Number(process.argv[3] ?? 1024);
const work = mkdtempSync(join(tmpdir(), 'large-import-'));
const CPUS = 64;
const DISKS = 200;
const samples = Math.round((hours * 3600) / 10);
let state = 12_345;
const random = (below) => {
  state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
  return state % below;
};
const share = () => (random(10_000) / 100).toFixed(2);
const clock = (index) => new Date(Date.UTC(2026, 2, 4) + index * 10_000).toISOString().slice(11, 19);

const write = async (name, chunks) => {
  const path = join(work, name);
  const file = createWriteStream(path);
  for (const chunk of chunks) if (!file.write(chunk)) await once(file, 'drain');
  file.end();
  await once(file, 'finish');
  return path;
};

function* sarText() {
  yield `Linux 6.1.0 (db-7) \t2026-03-04 \t_x86_64_\t(${CPUS} CPU)\n`;
  const tables = [
    [
      'CPU     %usr     %nice      %sys   %iowait    %steal      %irq     %soft    %guest    %gnice     %idle',
      CPUS + 1,
      (row) => `${row === 0 ? 'all' : row - 1} ${Array.from({ length: 10 }, share).join(' ')}`,
    ],
    ['proc/s   cswch/s', 1, () => `${share()} ${random(90_000)}.00`],
    ['pswpin/s pswpout/s', 1, () => '0.00 0.00'],
    [
      'pgpgin/s pgpgout/s   fault/s  majflt/s  pgfree/s pgscank/s pgscand/s pgsteal/s    %vmeff',
      1,
      () => Array.from({ length: 9 }, share).join(' '),
    ],
    [
      'tps      rtps      wtps      dtps   bread/s   bwrtn/s   bdscd/s',
      1,
      () => Array.from({ length: 7 }, share).join(' '),
    ],
    [
      'kbmemfree   kbavail kbmemused  %memused kbbuffers  kbcached  kbcommit   %commit  kbactive   kbinact   kbdirty',
      1,
      () => Array.from({ length: 11 }, () => random(9e6)).join(' '),
    ],
    [
      'runq-sz  plist-sz   ldavg-1   ldavg-5  ldavg-15   blocked',
      1,
      () => Array.from({ length: 6 }, () => random(900)).join(' '),
    ],
    [
      'DEV       tps     rkB/s     wkB/s     dkB/s   areq-sz    aqu-sz     await     %util',
      DISKS,
      (row) => `sd${row} ${Array.from({ length: 8 }, share).join(' ')}`,
    ],
    [
      'IFACE   rxpck/s   txpck/s    rxkB/s    txkB/s   rxcmp/s   txcmp/s  rxmcst/s   %ifutil',
      4,
      (row) => `eth${row} ${Array.from({ length: 8 }, share).join(' ')}`,
    ],
    ['%scpu-10  %scpu-60 %scpu-300     %scpu', 1, () => Array.from({ length: 4 }, share).join(' ')],
    [
      '%sio-10   %sio-60  %sio-300      %sio    %fio-10   %fio-60  %fio-300      %fio',
      1,
      () => Array.from({ length: 8 }, share).join(' '),
    ],
  ];
  for (const [head, rows, row] of tables) {
    yield `\n${clock(0)}        ${head}\n`;
    for (let index = 1; index <= samples; index += 1) {
      let text = '';
      for (let at = 0; at < rows; at += 1) text += `${clock(index)}  ${row(at)}\n`;
      yield text;
    }
  }
}

function* sadfXml() {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<sysstat xmlns="https://sysstat.github.io">\n<host nodename="db-7">\n<sysname>Linux</sysname>\n<release>6.1.0</release>\n<machine>x86_64</machine>\n<number-of-cpus>64</number-of-cpus>\n<statistics>\n';
  for (let index = 1; index <= samples; index += 1) {
    let text = `<timestamp date="2026-03-04" time="${clock(index)}" utc="1" interval="10">\n<cpu-load>\n`;
    for (let cpu = 0; cpu <= CPUS; cpu += 1)
      text += `<cpu number="${cpu === 0 ? 'all' : cpu - 1}" user="${share()}" nice="0.00" system="${share()}" iowait="${share()}" steal="0.00" idle="${share()}"/>\n`;
    text += `</cpu-load>\n<paging pgpgin="${share()}" pgpgout="${share()}" fault="${share()}" majflt="${share()}" pgfree="0" pgscank="${share()}" pgscand="0.00" pgsteal="0.00"/>\n<disk per="second">\n`;
    for (let disk = 0; disk < DISKS; disk += 1)
      text += `<disk-device dev="sd${disk}" tps="${share()}" rkB="${share()}" wkB="${share()}" dkB="0.00" areq-sz="${share()}" aqu-sz="${share()}" await="${share()}" util-percent="${share()}"/>\n`;
    yield `${text}</disk>\n</timestamp>\n`;
  }
  yield '</statistics>\n</host>\n</sysstat>\n';
}

function* kernelLog() {
  const lines = [
    () => `usb 1-${random(9)}: new high-speed USB device number ${random(99)} using xhci_hcd`,
    () => `IPv4: martian source 10.0.0.${random(255)} from 10.0.1.${random(255)}, on dev eth0`,
    () =>
      `audit: type=1400 audit(1772582400.${random(999)}:${random(9999)}): apparmor="DENIED" operation="open" profile="x" pid=${random(9999)}`,
    () => `nf_conntrack: table full, dropping packet ${random(1e6)}`,
  ];
  const events = [
    () => `INFO: task java:${4_000 + random(9)} blocked for more than 120 seconds.`,
    () =>
      `XFS: java(${4_000 + random(9)}) possible memory allocation deadlock size 65536 in kmem_alloc (mode:0x2400240)`,
    () => `blk_update_request: I/O error, dev sd${'abc'[random(3)]}, sector ${random(1e9)}`,
  ];
  let bytes = 0;
  for (let second = 0; bytes < logMiB * 2 ** 20; second += 1) {
    const time = new Date(Date.UTC(2026, 2, 4) + second * 1000).toISOString().slice(0, 19);
    let text = '';
    for (let line = 0; line < 120; line += 1)
      text += `${time}+00:00 db-7 kernel: [${second}.${String(line * 1000).padStart(6, '0')}] ${lines[random(4)]()}\n`;
    if (second % 10 === 0) text += `${time}+00:00 db-7 kernel: [${second}.990000] ${events[random(3)]()}\n`;
    bytes += text.length;
    yield text;
  }
}

/** How long it took, and the most memory it ever had. */
const measure = async (path) => {
  const startMs = performance.now();
  const child = spawn(process.execPath, [tool, 'import', path, '-o', join(work, 'out.ndjson'), '--force'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let [peakKib, said] = [0, ''];
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const timer = setInterval(() => {
    try {
      peakKib = Number(
        /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? peakKib,
      );
    } catch {}
  }, 50);
  const [status] = await once(child, 'close');
  clearInterval(timer);
  return {
    seconds: Math.round((performance.now() - startMs) / 100) / 10,
    peakMiB: Math.round(peakKib / 1024),
    status,
    said: said.split('\n').filter((line) => /left out|wrote|Cannot/.test(line)),
  };
};

for (const [name, chunks, words] of [
  ['sar.txt', sarText(), 'pgscank'],
  ['sadf.xml', sadfXml(), 'pgscank'],
  ['kernel.log', kernelLog(), 'blocked for more'],
]) {
  const path = await write(name, chunks);
  const startMs = performance.now();
  spawnSync('grep', ['-c', words, path]);
  const grepSeconds = Math.round((performance.now() - startMs) / 100) / 10;
  console.log(
    JSON.stringify({
      name,
      MiB: Math.round(statSync(path).size / 2 ** 20),
      grepSeconds,
      ...(await measure(path)),
    }),
  );
  rmSync(path);
}
rmSync(work, { recursive: true });
