/**
 * sysstat's own file of an older version, which the installed sadf reads only once it has converted it (`sadf -c`).
 */
import { asFile, onDisk } from './nameless.ts';
import { handed, outputOf, type Readable } from './program.ts';

/** The format since 11.7.1; older ones count up to it. */
const PRESENT = 0x2175;

/** Magic numbers are in the byte order of the machine that wrote them. */
export const isOlder = (head: Uint8Array): boolean => {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isLittle = head[0] === 0x96;
  return head.length >= 4 && view.getUint16(2, isLittle) < PRESENT;
};

/** What `sadf -x` prints of it, of any version. */
export const printedBySadf = ({ path, file }: Readable): AsyncGenerator<Uint8Array> =>
  outputOf(['sadf', '-x', path, '--', '-A'], { file });

export const convertedSysstat = ({ path, file }: Readable): AsyncGenerator<Uint8Array> =>
  asFile(outputOf(['sadf', '-c', path], { file }), onDisk(), (made) => printedBySadf(handed(made)));
