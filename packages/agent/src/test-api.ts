// The API that this package's tests run against.
import type { Client } from '@holdfast/client';
import type { Clock } from '@holdfast/clock';
import { fakeClient } from './fake-client.ts';

export async function testApi(clock: Clock): Promise<Client> {
  return fakeClient(clock);
}
