import { FakeClock } from '@holdfast/clock';
import type { ApiResponse, WatchFrame } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { parseAccept } from './accept.ts';
import { convertResponse } from './convert.ts';
import { negotiateOutput, wireFormatOf } from './output-form.ts';

const none = new URLSearchParams();
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

describe('Accept', () => {
  it('is read in order of quality', () => {
    expect(parseAccept('a/b;q=0.1, c/d;x="y", e/f;q=0').map(({ mediaType }) => mediaType)).toEqual(['c/d', 'a/b']);
    expect(parseAccept(undefined)).toEqual([{ mediaType: '*/*', parameters: {} }]);
  });

  it('chooses what kubectl and informers ask for', () => {
    expect(negotiateOutput(TABLE, none)).toEqual({ form: { kind: 'table', version: 'v1', includeObject: 'Metadata' }, format: 'json' });
    expect(negotiateOutput(TABLE, new URLSearchParams('includeObject=Object')).form).toMatchObject({ includeObject: 'Object' });
    expect(negotiateOutput('application/vnd.kubernetes.protobuf,application/json', none)).toEqual({
      form: { kind: 'plain' },
      format: 'json',
    });
    expect(negotiateOutput('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', none).form).toEqual({
      kind: 'metadata',
      version: 'v1',
    });
    expect(
      negotiateOutput(
        'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
        none,
      ).form.kind,
    ).toBe('metadata');
    expect(negotiateOutput('*/*', none)).toEqual({ form: { kind: 'plain' }, format: 'json' });
    expect(wireFormatOf('application/yaml')).toBe('yaml');
  });

  it('refuses what cannot be written', () => {
    expect(() => negotiateOutput('application/vnd.kubernetes.protobuf', none)).toThrow(
      'only the following media types are accepted: application/json, application/yaml',
    );
    expect(() => negotiateOutput('application/json;as=Chair;v=v1;g=meta.k8s.io', none)).toThrow('only the following');
    expect(() => negotiateOutput(TABLE, new URLSearchParams('includeObject=All'))).toThrow('unrecognized includeObject value: "All"');
  });
});

describe('convertResponse', () => {
  const context = { source: { group: '', resource: 'configmaps' }, clock: new FakeClock() };
  const map = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x', resourceVersion: '3' }, data: { a: '1' } };
  const { form: table } = negotiateOutput(TABLE, none);
  const { form: metadata } = negotiateOutput('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', none);
  const answer = (object: unknown): ApiResponse => ({
    kind: 'object',
    status: 200,
    headers: { x: 'y' },
    object,
    encoded: new Uint8Array(),
  });
  const objectOf = (response: ApiResponse): unknown => (response.kind === 'object' ? response.object : undefined);

  it('makes tables of lists and of single objects', () => {
    const list = {
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: '9', continue: 'c', remainingItemCount: 2 },
      items: [map],
    };
    const converted = convertResponse(answer(list), table, context);
    expect(converted).not.toHaveProperty('encoded');
    expect(objectOf(converted)).toMatchObject({ kind: 'Table', metadata: list.metadata, rows: [{ cells: ['x', 1, '<unknown>'] }] });
    expect(objectOf(convertResponse(answer(map), table, context))).toMatchObject({ kind: 'Table', metadata: { resourceVersion: '3' } });
  });

  it('leaves metadata alone', () => {
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: map.metadata };
    expect(objectOf(convertResponse(answer(map), metadata, context))).toEqual(partial);
    const list = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '9' }, items: [map] };
    expect(objectOf(convertResponse(answer(list), metadata, context))).toEqual({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '9' },
      items: [partial],
    });
  });

  it('says in each row what the whole object is, which kubectl needs to sort', () => {
    const whole = { kind: 'table', version: 'v1', includeObject: 'Object' } as const;
    const items = [{ metadata: { name: 'x' }, data: {} }];
    const list = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: {}, items };
    expect(objectOf(convertResponse(answer(list), whole, context))).toMatchObject({
      rows: [{ object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x' } } }],
    });
  });

  it('leaves a Status as it is', () => {
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
    expect(objectOf(convertResponse(answer(status), table, context))).toBe(status);
  });

  it('names the columns in the first event of a watch only, and passes errors on', async () => {
    async function* frames(): AsyncGenerator<WatchFrame> {
      yield { type: 'ADDED', object: map };
      yield { type: 'BOOKMARK', object: { metadata: { resourceVersion: '8' } } };
      yield { type: 'MODIFIED', object: map };
      yield { type: 'ERROR', object: { kind: 'Status', metadata: {} } };
    }
    const converted = convertResponse({ kind: 'watch', status: 200, headers: {}, frames: frames() }, table, context);
    const seen: WatchFrame[] = [];
    if (converted.kind === 'watch') for await (const frame of converted.frames) seen.push(frame);
    expect(seen.map(({ object }) => [object.kind, 'columnDefinitions' in object])).toEqual([
      ['Table', true],
      ['Table', false],
      ['Table', false],
      ['Status', false],
    ]);
    expect(seen[1]?.object).toMatchObject({ metadata: { resourceVersion: '8' }, rows: [{ cells: [null, null, null] }] });
  });
});
