import { describe, expect, it } from 'vitest';
import { fitArguments } from './fit-real.ts';

const surroundings = { podIp: '127.64.2.9', root: '/state/root' };

describe('the command line of a real cockroach in a pod', () => {
  it.each([
    [
      'start --insecure --listen-addr=:26258 --sql-addr=:26257 --http-port=8080 --advertise-host=db-0.db --join=db-0.db:26258',
      'start --insecure --listen-addr=127.64.2.9:26258 --sql-addr=127.64.2.9:26257 --advertise-host=db-0.db --join=db-0.db:26258 --http-addr=127.64.2.9:8080',
    ],
    [
      'start --store=path=/data,size=1GiB',
      'start --store=path=/state/root/data,size=1GiB --listen-addr=127.64.2.9:26257 --http-addr=127.64.2.9:8080',
    ],
    ['init --insecure --host=localhost:26258', 'init --insecure --host=127.64.2.9:26258'],
    ['sql --insecure', 'sql --insecure --host=127.64.2.9'],
    ['sql --url=postgresql://root@db-0', 'sql --url=postgresql://root@db-0'],
    ['version', 'version'],
  ])('%s', (given, fitted) => {
    expect(fitArguments(given.split(' '), surroundings).join(' ')).toBe(fitted);
  });
});
