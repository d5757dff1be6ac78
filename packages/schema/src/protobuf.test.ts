import { seededRandom } from '@holdfast/clock';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeTyped } from './decode.ts';
import { decodeProtobuf, isProtobuf } from './protobuf.ts';
import { decodeMessage } from './protobuf/decode-message.ts';
import { encodeBody, encodeMessage, randomObject, varint } from './protobuf/encode.suite.ts';
import { Reader } from './protobuf/reader.ts';
import { typeDef, typeNames } from './type-table.ts';

const POD = 'io.k8s.api.core.v1.Pod';

test('every type of the table is read as it was written', () => {
  const random = seededRandom(7);
  const types = typeNames().filter((name) => !typeDef(name).custom && !typeDef(name).noProto);
  for (const name of types) {
    const object = randomObject(name, random);
    const decoded = decodeMessage(name, encodeMessage(name, object));
    expect({ name, ...decodeTyped(name, decoded) }).toEqual({ name, ...decodeTyped(name, object) });
  }
});

test('a body names its kind', () => {
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const body = encodeBody('v1', 'Pod', POD, pod);
  expect(isProtobuf(body)).toBe(true);
  expect(decodeProtobuf(body)).toEqual({ apiVersion: 'v1', kind: 'Pod', object: { apiVersion: 'v1', kind: 'Pod', ...pod } });
});

describe('what is not a body of a known kind is refused', () => {
  test.each([
    [Buffer.from('{}'), /expected prefix \[107 56 115 0\]/],
    [encodeBody('x.io/v1', 'Foo', POD, {}), /^no kind "Foo" is registered for version "x.io\/v1"$/],
    [encodeBody('v1', 'Pod', POD, { metadata: { name: 'p' } }).subarray(0, -6), /^proto: unexpected EOF$/],
    [Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x0b])]), /^proto: wire type 3/],
  ])('%#', (bytes, message) => {
    expect(() => decodeProtobuf(bytes)).toThrow(expect.objectContaining({ code: 400, message: expect.stringMatching(message) as unknown }));
  });

  test('whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const body = encodeBody('v1', 'Pod', POD, {});
        const outcome = (): unknown => {
          try {
            return decodeProtobuf(Buffer.concat([body, bytes])).kind;
          } catch (error) {
            return (error as { code?: number }).code;
          }
        };
        expect(['Pod', 400]).toContain(outcome());
      }),
    );
  });

  test('however deep they go', () => {
    const schema = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';
    let bytes = Buffer.alloc(0);
    const { proto } = typeDef(schema).fields!['not']!;
    for (let i = 0; i < 5000; i++) bytes = Buffer.concat([varint(Number(proto) * 8 + 2), varint(bytes.length), bytes]);
    expect(() => decodeMessage(schema, bytes)).toThrow('exceeded max depth');
  });
});

test('integers', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (small, big) => {
      expect(new Reader(varint(small)).varint()).toBe(small === 0 ? 0 : small);
      expect(new Reader(varint(big)).bigVarint()).toBe(big);
    }),
  );
});
