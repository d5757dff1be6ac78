import { typeDef, typeNames } from '@holdfast/schema';
import { describe, expect, it } from 'vitest';
import { META } from './meta.ts';
import { NETWORK } from './network.ts';
import { PODS } from './pods.ts';
import { STORAGE } from './storage.ts';
import { WORKLOADS } from './workloads.ts';

const byShortName = new Map(typeNames().map((name) => [name.split('.').slice(-3).join('.'), name]));

describe('descriptions', () => {
  it.each(Object.entries({ ...META, ...PODS, ...WORKLOADS, ...STORAGE, ...NETWORK }))(
    'of %s are of fields that it has',
    (short, [, fields]) => {
      const name = byShortName.get(short);
      expect(name).toBeDefined();
      const known = Object.keys(typeDef(name ?? '').fields ?? {});
      expect(known).toEqual(expect.arrayContaining(Object.keys(fields)));
    },
  );
});
