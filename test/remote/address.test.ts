import { describe, expect, it } from 'vitest';
import { MOST_HOSTS, readAddress, readAddresses } from '../../src/remote/address.ts';
import { sshArguments, startOf } from '../../src/remote/ssh.ts';

describe('the name of a host', () => {
  it.each(['db7', 'root@db7', 'a.user@db7.example.org', '10.0.0.7', 'fe80::1%eth0', 'db_7'])(
    '%s is taken',
    (text) => {
      expect(readAddress(text).text).toBe(text);
    },
  );

  it.each([
    '',
    '-oProxyCommand=id',
    'root@-oProxyCommand=id',
    'db7 id',
    'db7\nid',
    'db7;id',
    '$(id)',
    '@db7',
    'root@',
    'a,b',
    'ü',
    'x'.repeat(256),
  ])('"%s" is refused', (text) => {
    expect(() => readAddress(text)).toThrow(/is not the name of a host/);
  });
});

describe('several hosts', () => {
  it('are taken in their order', () => {
    expect(readAddresses('root@db7, web1,10.0.0.7').map(({ text, name }) => [text, name])).toEqual([
      ['root@db7', 'db7'],
      ['web1', 'web1'],
      ['10.0.0.7', '10.0.0.7'],
    ]);
  });

  it.each([
    ['a,,b', /it is empty/],
    ['a,-oProxyCommand=id', /ssh would take/],
    ['root@db7,admin@DB7', /two of them are called DB7/],
    [Array.from({ length: MOST_HOSTS + 1 }, (_, index) => `h${index}`).join(','), /more than 20 hosts/],
  ])('%s is refused', (text, why) => {
    expect(() => readAddresses(text)).toThrow(why);
  });
});

describe("ssh's command line", () => {
  const options = (role: 'master' | 'channel') =>
    sshArguments(readAddress('root@db7'), { role, folder: '/tmp/x', command: startOf(7) });

  it('asks for nothing, forwards nothing, and leaves host keys to the user', () => {
    const line = options('master').join(' ');
    for (const one of [
      'BatchMode=yes',
      'ClearAllForwardings=yes',
      'ForwardAgent=no',
      'ServerAliveInterval=5',
      'ControlMaster=yes',
    ])
      expect(line).toContain(`-o ${one}`);
    expect(line).not.toMatch(/HostKey|KnownHosts/i);
    expect(options('channel').join(' ')).toContain('ControlMaster=no -S /tmp/x/ssh -- root@db7');
  });

  it('has nothing in it that a login shell reads otherwise than sh', () => {
    expect(startOf(7)).not.toMatch(/[!\\\n]/);
  });
});
