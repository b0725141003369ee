/**
 * What atop reports under each label, by the keys of its JSON; and where the same stands in a line of its parseable text, of
 * versions 1.x to 2.x, which only ever added fields at the end. Memory is in pages there, and in bytes in JSON.
 */

export type Fields = Readonly<Record<string, string>>;

/** After label, host, time, date, clock and interval. */
export const HOST_FIELDS: Readonly<Record<string, string>> = {
  CPU: 'hertz nrcpu stime utime ntime itime wtime Itime Stime steal guest',
  CPL: 'nrcpu lavg1 lavg5 lavg15 csw devint',
  MEM: 'pagesize physmem freemem cachemem buffermem slabmem cachedrt',
  SWP: 'pagesize totswap freeswap',
  PAG: 'pagesize pgscans allocstall - swins swouts oomkills compacts - migrates pgins pgouts',
  PSI: 'psi cs10 cs60 cs300 cstot ms10 ms60 ms300 mstot mf10 mf60 mf300 mftot ios10 ios60 ios300 iostot iof10 iof60 iof300 ioftot',
  LVM: 'dskname io_ms nread nrsect nwrite nwsect ndiscrd ndsect inflight depth',
  MDD: 'dskname io_ms nread nrsect nwrite nwsect ndiscrd ndsect inflight depth',
  DSK: 'dskname io_ms nread nrsect nwrite nwsect ndiscrd ndsect inflight depth',
};

/** After the name and the state. */
export const PROCESS_FIELDS: Readonly<Record<string, string>> = {
  PRG: 'ruid rgid tgid nthr exitcode btime cmdline',
  PRC: 'hertz utime stime nice prio rtprio policy curcpu sleepavg tgid isproc rundelayNs',
  PRM: 'pagesize vmem rmem vexec vgrow rgrow minflt majflt vlibs vdata vstack vswap tgid isproc',
  PRD: 'patch stdio rio rsz wio wsz cwsz tgid - isproc',
};

export type AtopLine = {
  readonly label: string;
  readonly host: string;
  readonly epochS: number;
  readonly spanS: number;
  readonly fields: Fields;
  /** Of the labels of processes. */
  readonly process: { readonly pid: number; readonly name: string; readonly state: string } | null;
};

const PREFIX = /^([A-Za-z]{3}) (\S+) (\d{9,10}) \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d (\d{1,9}) (.*)$/;
/** A name can have spaces and parentheses: it ends before a state and a number. */
const PROCESS = /^(\d{1,10}) (?:\((.*?)\)|(\S+)) ([A-Z]) (?=[-\d]|[ny] )(.*)$/;

/** null of a line that is none of its parseable text. */
export const lineOf = (text: string): AtopLine | null => {
  const [, label = '', host = '', epoch, span, rest = ''] = PREFIX.exec(text) ?? [];
  if (epoch === undefined) return null;
  const common = { label, host, epochS: Number(epoch), spanS: Number(span) };
  const ofHost = HOST_FIELDS[label];
  if (ofHost !== undefined) return { ...common, fields: fieldsOf(ofHost, rest), process: null };
  const ofProcess = PROCESS_FIELDS[label];
  if (ofProcess === undefined) return { ...common, fields: {}, process: null };
  const [, pid, quoted, plain = '', state = '', more = ''] = PROCESS.exec(rest) ?? [];
  if (pid === undefined) return null;
  return {
    ...common,
    fields: fieldsOf(ofProcess, more),
    process: { pid: Number(pid), name: quoted ?? plain, state },
  };
};

const fieldsOf = (names: string, text: string): Fields => {
  const cells = text.split(' ');
  return Object.fromEntries(
    names.split(' ').flatMap((name, index) => (cells[index] === undefined ? [] : [[name, cells[index]]])),
  );
};

/** `atop -P` begins with a label and a sample's separator, `atop -J` with an object of a host. */
export const isAtopText = (head: string): boolean =>
  head.split('\n', 20).some((line) => {
    const [, label = ''] = PREFIX.exec(line) ?? [];
    return (
      HOST_FIELDS[label] !== undefined ||
      PROCESS_FIELDS[label] !== undefined ||
      /^(?:cpu|NET|GPU)$/.test(label)
    );
  });

export const isAtopJson = (head: string): boolean =>
  /^\s*\{"host": ?"[^"]*", ?"timestamp": ?\d+, ?"elapsed": ?\d+/.test(head);
