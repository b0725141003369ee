// What each exit status means for a script that reads it: for the reference, the page of errors and the manual.
/** Those that errors of ours have, by their name in `EXIT`. */
export const STATUSES = {
  usage: 'The command line asks for something that cannot be. Nothing was started, no file was touched.',
  environment:
    'This host cannot trace as it is. `stallscope doctor` shows every check and the one command that helps.',
  probe: 'bpftrace refused a probe, or a probe folder is wrong. Other probes may well run.',
  recording:
    'The file is not a recording that this version can read. It was only read, never changed. Or a recording ended before its session, for want of room or because its file was deleted; it is readable up to there.',
  remote:
    'Another host could not be reached by ssh, or does not let its user become root. What was recorded of it before is readable.',
  output:
    'stdout could not be written, for example because its disk is full. A command after `--` goes on; its own status comes first.',
  bug: 'A fault of ours, printed with its stack.',
};

/** All others. */
export const otherStatuses = (EXIT) => [
  [EXIT.ok, 'Fine; also when the reader of our output has closed it (`| head`).'],
  ['status of CMD', '`-- CMD` was given: its own exit status, or 128 + the signal that killed it.'],
  [EXIT.sighup, 'Ended by SIGHUP, in order: the recording has its trailer.'],
  [EXIT.sigint, 'Ended by SIGINT (Ctrl-C), in order.'],
  [EXIT.sigquit, 'Ended by SIGQUIT (Ctrl-\\), in order.'],
  [EXIT.sigterm, 'Ended by SIGTERM, in order.'],
];
