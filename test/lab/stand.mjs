// A place where one session is staged: its files, its file systems, and its cast, which are programs under the names
// that the incident calls for. The same on the host and in a guest. `tearDown` undoes all that was done, the last
// first.
import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { joining, makeGroup } from './cgroup.mjs';

/** `sources` are folders of workloads; `directory` is there and ours; `emulated` says that the processor is slow. */
export const createStand = (directory, sources, emulated = false) => {
  const bin = join(directory, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const source of sources) cpSync(source, directory, { recursive: true });
  const undo = [];
  const cast = [];
  const failed = [];
  /** The control group that programs are started in. */
  let group = null;
  /** What is below the stand is reported relative to it: command lines are recorded. */
  const ours = (arg) => (String(arg).startsWith(directory) ? relative(directory, arg) || '.' : String(arg));
  const start = (comm, file, args) => {
    // A ring or a pipe is an open file: as many as a service is allowed.
    const before = ['ulimit -S -n $(ulimit -H -n)', ...(group === null ? [] : joining(group))].join('; ');
    const child = spawn('sh', ['-c', `${before}; exec "$@"`, 'sh', file, ...args.map(ours)], {
      cwd: directory,
      detached: true,
      stdio: ['ignore', 2, 2],
    });
    cast.push({ comm, pid: child.pid });
    child.once('exit', (status) => {
      if (status !== null && status !== 0) failed.push(`${comm} ended with ${status}`);
    });
    undo.push(() => killGroup(child.pid));
    return child;
  };
  const stand = {
    emulated,
    path: (name) => join(directory, name),
    cast,
    /** Who of the cast ended with a status of failure, in words. */
    failed,
    /** Runs a program to its end; for what is made before recording. */
    make: (file, ...args) =>
      execFileSync(file, args.map(String), { cwd: directory, stdio: ['ignore', 'pipe', 2] }),
    /** A file of so many MiB that is on disk. */
    file: (name, mebibytes, from = '/dev/urandom') => {
      const path = join(directory, name);
      stand.make(
        'dd',
        `if=${from}`,
        `of=${path}`,
        'bs=1M',
        `count=${mebibytes}`,
        'conv=fsync',
        'status=none',
      );
      return path;
    },
    /** The same, and nothing of it is left in the page cache. */
    coldFile: (name, mebibytes) => {
      const path = stand.file(name, mebibytes);
      stand.make('dd', `of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none');
      return path;
    },
    folder: (name) => {
      const path = join(directory, name);
      mkdirSync(path, { recursive: true });
      return path;
    },
    /** A control group with limits; made before recording. */
    cgroup: (name, limits) => undo.push(makeGroup(name, limits)),
    /** What is started meanwhile is started in it. */
    within: (name, start) => {
      group = name;
      start();
      group = null;
    },
    /** A mounted XFS of its own, on a sparse image. */
    xfs: (mebibytes) => {
      const mount = join(directory, 'xfs');
      if (existsSync(mount)) return mount;
      const image = join(directory, 'xfs.img');
      writeFileSync(image, '');
      truncateSync(image, mebibytes * 2 ** 20);
      stand.make('mkfs.xfs', '-q', image);
      mkdirSync(mount);
      stand.make('mount', '-o', 'loop', image, mount);
      undo.push(() => stand.make('umount', '--lazy', mount));
      return mount;
    },
    /**
     * A disk of its own, `disk`: a loop device that passes requests on one by one, with random contents. Those who ask it from
     * a control group with limits on the disk beneath find it as slow as that.
     */
    disk: (mebibytes) => {
      const image = stand.file('disk.img', mebibytes);
      const device = String(stand.make('losetup', '--find', '--show', '--direct-io=on', image)).trim();
      undo.push(() => stand.make('losetup', '--detach', device));
      stand.make('dd', `if=${device}`, 'of=/dev/null', 'bs=4k', 'count=1', 'iflag=direct', 'status=none');
      symlinkSync(device, join(directory, 'disk'));
      return device;
    },
    /** The same with an ext4 on it, mounted. */
    slowFiles: (mebibytes) => {
      const device = stand.disk(mebibytes);
      const mount = stand.folder('files');
      stand.make('mkfs.ext4', '-q', device);
      stand.make('mount', device, mount);
      undo.push(() => stand.make('umount', mount));
      return mount;
    },
    /** Swap space of so many MiB, on the disk. */
    swap: (mebibytes) => {
      const path = stand.file('swapfile', mebibytes, '/dev/zero');
      stand.make('chmod', '600', path);
      stand.make('mkswap', '-q', path);
      stand.make('swapon', path);
      undo.push(() => stand.make('swapoff', path));
    },
    /** Perl under another name: a process is called by its file. */
    perl: (comm, script, ...args) => {
      const program = join(bin, comm);
      if (!existsSync(program)) copyFileSync('/usr/bin/perl', program);
      return start(comm, `bin/${comm}`, [`./${script}`, ...args]);
    },
    /** Python stays Python: worker.py takes the name for itself. */
    python: (comm, script, ...args) => start(comm, '/usr/bin/python3', [`./${script}`, comm, ...args]),
    /** The same with settings in its environment: `PYTHONMALLOC=malloc`. */
    pythonWith: (setting, comm, script, ...args) =>
      start(comm, '/usr/bin/env', [setting, '/usr/bin/python3', `./${script}`, comm, ...args]),
    shell: (comm, script) => {
      const program = join(bin, comm);
      if (!existsSync(program)) copyFileSync('/bin/sh', program);
      return start(comm, `bin/${comm}`, ['-c', script]);
    },
    /** Goes on when a program of the cast has made this file. */
    once: (name, go) => {
      const timer = setInterval(() => {
        if (!existsSync(join(directory, name))) return;
        clearInterval(timer);
        go();
      }, 500);
      undo.push(() => clearInterval(timer));
    },
    atEnd: (step) => undo.push(step),
    dropCaches: () => writeFileSync('/proc/sys/vm/drop_caches', '3'),
    tearDown: () => {
      for (const step of undo.splice(0).reverse()) step();
    },
  };
  return stand;
};

/** A stand of its own for as long as `work` takes, whichever way that ends. */
export const onStand = async (sources, work) => {
  const directory = mkdtempSync('/var/tmp/stallscope-lab-');
  const stand = createStand(directory, sources);
  stand.atEnd(() => rmSync(directory, { recursive: true, force: true }));
  const abandon = () => {
    stand.tearDown();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, abandon);
  try {
    return await work(stand, directory);
  } finally {
    stand.tearDown();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, abandon);
  }
};

const killGroup = (pid) => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};
