/**
 * bpftrace 0.17 to 0.27 print each byte above 0x7f of a string as `\uffffffXX` (a sign-extended char). JSON.parse
 * reads that as U+FFFF followed by `ffXX`; U+FFFF is no character, so the bytes can be put back without a doubt.
 */
const MANGLED = /(?:\uffffff[89a-f][0-9a-f])+/g;
const utf8 = new TextDecoder();

export const repairText = (text: string): string =>
  text.includes('\uffff')
    ? text.replace(MANGLED, (run) =>
        utf8.decode(Uint8Array.from(run.match(/..$|..(?=\uffff)/g) ?? [], (hex) => Number.parseInt(hex, 16))),
      )
    : text;
