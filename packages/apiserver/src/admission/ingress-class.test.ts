import { expect, test } from 'vitest';
import { type Json, wire } from '../conformance/wire.fixture.ts';

const NETWORKING = '/apis/networking.k8s.io/v1';
const INGRESSES = `${NETWORKING}/namespaces/default/ingresses`;

test('gives the default class, the newest one, to ingresses that name none', async () => {
  const { ok, clock } = wire();
  const ingress = async (name: string, metadata: Json = {}, spec: Json = {}): Promise<unknown> =>
    (
      await ok('POST', INGRESSES, {
        metadata: { name, ...metadata },
        spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } }, ...spec },
      })
    )['spec'].ingressClassName;
  expect(await ingress('before')).toBeUndefined();
  for (const name of ['older', 'newer']) {
    await ok('POST', `${NETWORKING}/ingressclasses`, {
      metadata: { name, annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: 'x.io/c' },
    });
    await clock.advance(2000);
  }
  expect(await ingress('plain')).toBe('newer');
  expect(await ingress('named', {}, { ingressClassName: 'other' })).toBe('other');
  expect(await ingress('annotated', { annotations: { 'kubernetes.io/ingress.class': 'old' } })).toBeUndefined();
});
