import { createClient, type Transport } from '@holdfast/client';
import { FakeClock } from '@holdfast/clock';
import { silentLogger } from '@holdfast/controller';
import type { Pod, PodStatus } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { StatusWriter } from './status-writer.ts';

/** A writer to a server that takes every status at once, and the phases that it was given. */
function writerOf(clock: FakeClock): { readonly writer: StatusWriter; readonly written: (string | undefined)[] } {
  const written: (string | undefined)[] = [];
  const other = (): never => {
    throw new Error('not asked for');
  };
  const transport: Transport = {
    request: ({ body }) => {
      const pod = body as Pod;
      written.push(pod.status?.phase);
      return Promise.resolve({
        status: 200,
        object: { ...pod, metadata: { ...pod.metadata, resourceVersion: String(written.length + 1) } },
      });
    },
    watch: other,
    stream: other,
    exec: other,
  };
  const pod: Pod = { metadata: { namespace: 'default', name: 'web-0', uid: '1', resourceVersion: '1' } };
  return { writer: new StatusWriter(pod, { client: createClient(transport), clock, log: silentLogger }), written };
}

const phase = (name: string): PodStatus => ({ phase: name });

describe('the status of a pod', () => {
  it('is written at once; of what follows at the same moment the last is written, however quick the server is', async () => {
    const clock = new FakeClock();
    const { writer, written } = writerOf(clock);
    writer.set(phase('Pending'));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(written).toEqual(['Pending']);
    writer.set(phase('Unknown'));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    writer.set(phase('Running'));
    await clock.advance(0);
    await writer.flush();
    expect(written).toEqual(['Pending', 'Running']);
  });

  it('is written again a moment later', async () => {
    const clock = new FakeClock();
    const { writer, written } = writerOf(clock);
    for (const name of ['Pending', 'Running', 'Succeeded']) {
      writer.set(phase(name));
      await clock.advance(1);
    }
    expect(written).toEqual(['Pending', 'Running', 'Succeeded']);
  });
});
