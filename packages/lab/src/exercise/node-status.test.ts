import { expect, it } from 'vitest';
import { parseNodeStatus } from './node-status.ts';

it('reads the columns by their names', () => {
  const csv =
    'id,address,sql_address,build,started_at,updated_at,locality,is_available,is_live\n1,a:26258,a:26257,v24.3.2,x,y,,true,true\n2,b:26258,b:26257,v24.3.2,x,y,,false,false\n';
  expect(parseNodeStatus(csv)).toEqual([
    { id: '1', address: 'a:26258', isLive: true },
    { id: '2', address: 'b:26258', isLive: false },
  ]);
});

it('refuses text that is no status', () => {
  expect(() => parseNodeStatus('ERROR: connection refused')).toThrow('node status has no column id');
});
