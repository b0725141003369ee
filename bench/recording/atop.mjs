// What atop's raw log takes of the same: so many active processes, a sample a second, measured on this host for a minute.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';

const SETTLE_S = 10;
const MEASURE_S = 60;

/** Each works a little and reads a page, several times a second, until its parent's input ends. */
const ACTIVE = `
use strict; $| = 1;
my ($file, $count) = @ARGV;
for (1 .. $count) {
  my $pid = fork // die "fork: $!";
  next if $pid;
  my $parent = getppid;
  while (getppid == $parent) {
    open(my $handle, '<', $file) or die; sysread($handle, my $page, 4096); close $handle;
    my $sum = 0; $sum += $_ for 1 .. 2000;
    select(undef, undef, undef, 0.4);
  }
  exit 0;
}
print "ready\\n";
sysread(STDIN, my $byte, 1);
`;

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const processesNow = () => fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;

/** Bytes an hour, or why they were not measured. */
export const atopHour = async (folder, processes = 200) => {
  for (const tool of ['atop', 'perl'])
    if (spawnSync(tool, ['-V'], { stdio: 'ignore' }).error) return { skipped: `there is no ${tool} here` };
  const version = /\d+\.\d+\.\d+/.exec(spawnSync('atop', ['-V'], { encoding: 'utf8' }).stdout)?.[0] ?? '';
  const target = join(folder, 'page');
  fs.writeFileSync(target, 'x'.repeat(4096));
  const crowd = spawn('perl', ['-e', ACTIVE, target, String(processes)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const path = join(folder, 'atop.raw');
  try {
    await new Promise((resolve) => crowd.stdout.once('data', resolve));
    const others = processesNow() - processes;
    const atop = spawn('atop', ['-w', path, '1'], { stdio: 'ignore' });
    try {
      await sleep(SETTLE_S);
      const [fromBytes, fromMs] = [fs.statSync(path).size, performance.now()];
      await sleep(MEASURE_S);
      const seconds = (performance.now() - fromMs) / 1000;
      const bytes = fs.statSync(path).size - fromBytes;
      return { version, others, bytes: (bytes * 3_600) / seconds };
    } finally {
      atop.kill('SIGTERM');
    }
  } finally {
    crowd.stdin.end();
    fs.rmSync(path, { force: true });
  }
};
