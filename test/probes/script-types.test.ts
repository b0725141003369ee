import { describe, expect, it } from 'vitest';
import { typesOf, wantedBy } from '../../src/probes/script-types.ts';
import { LOCKED_6_18 } from './hosts.ts';

const SCRIPT = `tracepoint:a:b
/1/
{ $x_args = (struct _tracepoint_a_b *)args; if ($x_args->ret > 0) {
  $at = ((struct task_struct *)curtask)->signal->live.counter;
  $inode = (struct inode *)$x_args->inode;
  @n[$inode->i_ino] = sum(args->size);
} }
usdt:/usr/lib/libpython3.11.so.1.0:python:gc__done
/@n[tid]/
{
}
`;
const FORMAT = [
  'field:unsigned short common_type;\toffset:0;',
  'field:dev_t dev;\toffset:8;',
  'field:char comm[TASK_COMM_LEN];\toffset:12;',
  'field:enum migrate_mode mode;\toffset:28;',
  'field:struct inode * inode;\toffset:32;',
  'field:__data_loc char[] name;\toffset:40;',
].join('\n');

describe('the types that a script needs', () => {
  it('are what it casts to and takes of them, and what the fields of its events are declared with', () => {
    const { structs, members, names } = wantedBy(SCRIPT, (event) => (event === 'a:b' ? FORMAT : null));
    expect([...structs].sort()).toEqual(['inode', 'task_struct']);
    // Fields of the event itself are none of the kernel's own.
    expect([...members].sort()).toEqual(['counter', 'i_ino', 'live', 'signal']);
    expect([...names]).toEqual(expect.arrayContaining(['u64', 'dev_t', 'TASK_COMM_LEN', 'migrate_mode']));
    expect([...names]).not.toContain('char');
  });

  it('are looked for by bpftrace itself where it attaches to functions, and where it was not tried', () => {
    const types = Buffer.from('types');
    const facts = (version: string) => ({
      ...LOCKED_6_18,
      bpftrace: { path: '/usr/bin/bpftrace', version },
      extractTypes: () => types,
    });
    expect(typesOf(SCRIPT, facts('0.17.0'))).toBe(types);
    for (const version of ['0.14.0', '0.18.0', '0.19.0', '0.23.2', '0.27.1'])
      expect(typesOf(SCRIPT, facts(version))).toBeNull();
    for (const point of ['kprobe:vfs_read', 'kretprobe:vfs_read', 'fentry:vfs_read', 'kfunc:vfs_read'])
      expect(typesOf(`${SCRIPT}${point}\n/1/\n{\n}\n`, facts('0.17.0')), point).toBeNull();
  });
});
