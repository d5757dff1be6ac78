import { describe, expect, test } from 'vitest';
import { type Fixture, serverFixture } from '../validation/server.fixture.ts';

type Values = Record<string, unknown>;

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const THINGS = '/apis/ex.io/v1/namespaces/default/things';
const SPEC = {
  type: 'object',
  properties: {
    replicas: { type: 'integer', default: 1 },
    color: { type: 'string' },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    port: { 'x-kubernetes-int-or-string': true },
  },
};
const schemaOf = (spec: Values = {}): Values => ({
  openAPIV3Schema: {
    type: 'object',
    properties: { spec: { ...SPEC, ...spec }, status: { type: 'object', properties: { replicas: { type: 'integer' } } } },
  },
});
const version = (name: string, rest: Values = {}): Values => ({ name, served: true, storage: name === 'v1', schema: schemaOf(), ...rest });

function crd(spec: Values = {}, names: Values = {}, metadata: Values = {}): Values {
  const plural = (names['plural'] as string | undefined) ?? 'things';
  const group = (spec['group'] as string | undefined) ?? 'ex.io';
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, ...metadata },
    spec: { group, scope: 'Namespaced', names: { plural, kind: 'Thing', ...names }, versions: [version('v1')], ...spec },
  };
}

const thing = (spec: Values, metadata: Values = {}, apiVersion = 'ex.io/v1'): Values => ({
  apiVersion,
  kind: 'Thing',
  metadata: { name: 't', ...metadata },
  spec,
});

async function define(definition: Values): Promise<Fixture> {
  const fixture = serverFixture();
  const answer = await fixture.call('POST', CRDS, definition);
  expect(answer.code, answer.message).toBe(201);
  return fixture;
}

const conditionsOf = (object: Values): Record<string, string> =>
  Object.fromEntries(
    ((object['status'] as Values)['conditions'] as { type: string; status: string; reason: string }[]).map((c) => [
      c.type,
      `${c.status} ${c.reason}`,
    ]),
  );

describe('a definition', () => {
  test('gets its names, conditions and stored version', async () => {
    const { object } = await (await define(crd())).call('GET', `${CRDS}/things.ex.io`);
    expect(conditionsOf(object)).toEqual({ NamesAccepted: 'True NoConflicts', Established: 'True InitialNamesAccepted' });
    expect(object['status']).toMatchObject({
      acceptedNames: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      storedVersions: ['v1'],
    });
    expect(object['spec']).toMatchObject({ conversion: { strategy: 'None' } });
  });

  test.each<[Values, string]>([
    [crd({}, {}, { name: 'x.ex.io' }), 'metadata.name: Invalid value: "x.ex.io": must be spec.names.plural+"."+spec.group'],
    [crd({ group: 'ex' }), 'spec.group: Invalid value: "ex": should be a domain with at least one dot'],
    [crd({ scope: 'Global' }), 'spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"'],
    [crd({ versions: [version('v1', { storage: false })] }), 'must have exactly one version marked as storage version'],
    [crd({ versions: [version('v1'), version('v1', { storage: false })] }), 'must contain unique version names'],
    [crd({ versions: [version('v1', { schema: {} })] }), 'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    [crd({ preserveUnknownFields: true }), 'spec.preserveUnknownFields: Invalid value: true: cannot set to true'],
    [crd({}, { shortNames: ['T_'] }), 'spec.names.shortNames[0]: Invalid value: "T_": a DNS-1035 label'],
    [
      crd({ versions: [version('v1', { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: '.a' }] })] }),
      'spec.versions[0].additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
    ],
    [
      crd({ versions: [version('v1', { subresources: { scale: { specReplicasPath: '.x', statusReplicasPath: '.status.replicas' } } })] }),
      'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".x": should be a json path under .spec',
    ],
    [
      crd({ versions: [version('v1', { selectableFields: [{ jsonPath: '.spec.free' }] })] }),
      'must point to a field of type string, boolean or integer',
    ],
    [
      crd({ versions: [version('v1', { selectableFields: [{ jsonPath: '.spec.none' }] })] }),
      'spec.versions[0].selectableFields[0].jsonPath: Invalid value: ".spec.none": is an invalid path: does not refer to a valid field',
    ],
    [
      crd({ versions: [version('v1', { schema: schemaOf({ 'x-kubernetes-validations': [{ rule: 'self.bogus' }] }) })] }),
      "undefined field 'bogus'",
    ],
    [
      crd({ versions: [version('v1', { schema: { openAPIV3Schema: { properties: {} } } })] }),
      'spec.versions[0].schema.openAPIV3Schema.type: Required value: must not be empty at the root',
    ],
    [
      crd({ group: 'x.k8s.io' }),
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation',
    ],
    [
      crd({ versions: [version('v1', { deprecationWarning: 'x' })] }),
      'deprecationWarning: Invalid value: "x": can only be set for deprecated versions',
    ],
  ])('is refused: %#', async (definition, message) => {
    const fixture = serverFixture();
    const answer = await fixture.call('POST', CRDS, definition);
    expect(fixture.bugs).toEqual([]);
    expect({ code: answer.code, message: answer.message }).toEqual({ code: 422, message: expect.stringContaining(message) as unknown });
  });

  test('keeps its group, plural, kind and scope; patches are checked too', async () => {
    const fixture = await define(crd());
    const patch = async (spec: Values): Promise<string> =>
      (await fixture.call('PATCH', `${CRDS}/things.ex.io`, { spec }, 'application/merge-patch+json')).message;
    expect(await patch({ scope: 'Cluster' })).toContain('spec.scope: Invalid value: "Cluster": field is immutable');
    expect(await patch({ names: { kind: 'Other' } })).toContain('spec.names.kind: Invalid value: "Other": field is immutable');
    expect(await patch({ versions: [version('v1', { storage: false })] })).toContain(
      'must have exactly one version marked as storage version',
    );
    expect(await patch({ versions: [version('v1', { storage: false }), { ...version('v2'), storage: true }] })).toBe('');
    const { object } = await fixture.call('GET', `${CRDS}/things.ex.io`);
    expect((object['status'] as Values)['storedVersions']).toEqual(['v1', 'v2']);
    expect(await patch({ versions: [{ ...version('v2'), storage: true }] })).toContain(
      'status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions',
    );
  });

  test('waits for names that another one has', async () => {
    const fixture = await define(crd({}, { shortNames: ['th'] }));
    const second = await fixture.call('POST', CRDS, crd({}, { plural: 'others', kind: 'Other', shortNames: ['th'] }));
    expect(conditionsOf(second.object)).toEqual({ NamesAccepted: 'False ShortNamesConflict', Established: 'False NotAccepted' });
    expect((await fixture.call('GET', '/apis/ex.io/v1/namespaces/default/others')).code).toBe(0);
    await fixture.call('DELETE', `${CRDS}/things.ex.io`);
    await expect.poll(async () => (await fixture.call('GET', '/apis/ex.io/v1/namespaces/default/others')).code).toBe(200);
    expect(fixture.bugs).toEqual([]);
  });

  test('goes with its instances, which may take their time', async () => {
    const fixture = await define(crd());
    await fixture.call('POST', THINGS, thing({}, { finalizers: ['ex.io/hold'] }));
    const deleting = await fixture.call('DELETE', `${CRDS}/things.ex.io`);
    expect(conditionsOf(deleting.object)['Terminating']).toBe('True InstanceDeletionInProgress');
    await expect.poll(async () => (await fixture.call('GET', `${THINGS}/t`)).object['metadata']).toHaveProperty('deletionTimestamp');
    const late = await fixture.call('POST', THINGS, thing({}, { name: 'late' }));
    expect([late.code, late.message]).toEqual([405, 'create not allowed while custom resource definition is terminating']);
    expect((await fixture.call('GET', `${CRDS}/things.ex.io`)).code).toBe(200);
    await fixture.call('PATCH', `${THINGS}/t`, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    await expect.poll(async () => (await fixture.call('GET', `${CRDS}/things.ex.io`)).code).toBe(404);
    expect(fixture.bugs).toEqual([]);
  });
});

describe('an instance', () => {
  test('is pruned, defaulted and checked', async () => {
    const fixture = await define(crd());
    const { object } = await fixture.call('POST', THINGS, thing({ bogus: 1, free: { anything: 1 }, port: '80%' }));
    expect(object['spec']).toEqual({ replicas: 1, free: { anything: 1 }, port: '80%' });
    const wrong = await fixture.call('POST', THINGS, thing({ replicas: 'x' }, { name: 'u' }));
    expect(wrong.message).toBe(
      'Thing.ex.io "u" is invalid: spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    );
    const strict = await fixture.call('POST', `${THINGS}?fieldValidation=Strict`, thing({ bogus: 1 }, { name: 'v' }));
    expect(strict.message).toBe('Thing in version "v1" cannot be handled as a Thing: strict decoding error: unknown field "spec.bogus"');
  });

  test('is served in all versions', async () => {
    const fixture = await define(crd({ versions: [version('v1'), version('v2')] }));
    await fixture.call('POST', '/apis/ex.io/v2/namespaces/default/things', thing({ color: 'red' }, {}, 'ex.io/v2'));
    expect((await fixture.call('GET', `${THINGS}/t`)).object).toMatchObject({ apiVersion: 'ex.io/v1', spec: { color: 'red' } });
    expect((await fixture.call('GET', '/apis/ex.io/v2/namespaces/default/things/t')).object).toMatchObject({ apiVersion: 'ex.io/v2' });
  });

  test('obeys its rules, and transitions', async () => {
    const rules = [
      { rule: 'self.replicas <= 5', message: 'at most five' },
      { rule: '!has(oldSelf.color) || self.color == oldSelf.color', message: 'the color stays', fieldPath: '.color' },
    ];
    const fixture = await define(crd({ versions: [version('v1', { schema: schemaOf({ 'x-kubernetes-validations': rules }) })] }));
    expect((await fixture.call('POST', THINGS, thing({ replicas: 9 }))).message).toBe(
      'Thing.ex.io "t" is invalid: spec: Invalid value: "object": at most five',
    );
    expect((await fixture.call('POST', THINGS, thing({ color: 'red' }))).code).toBe(201);
    const patched = await fixture.call('PATCH', `${THINGS}/t`, { spec: { color: 'blue' } }, 'application/merge-patch+json');
    expect([patched.code, patched.message]).toEqual([
      422,
      'Thing.ex.io "t" is invalid: spec.color: Invalid value: "object": the color stays',
    ]);
  });

  test('is scaled and selected', async () => {
    const subresources = { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } };
    const fixture = await define(crd({ versions: [version('v1', { subresources, selectableFields: [{ jsonPath: '.spec.color' }] })] }));
    await fixture.call('POST', THINGS, thing({ color: 'red' }));
    await fixture.call('POST', THINGS, thing({ color: 'blue' }, { name: 'u' }));
    await fixture.call('PATCH', `${THINGS}/t/scale`, { spec: { replicas: 4 } }, 'application/merge-patch+json');
    expect((await fixture.call('GET', `${THINGS}/t`)).object['spec']).toMatchObject({ replicas: 4 });
    const found = await fixture.call('GET', `${THINGS}?fieldSelector=spec.color%3Dblue`);
    expect((found.object['items'] as { metadata: { name: string } }[]).map((item) => item.metadata.name)).toEqual(['u']);
    const status = await fixture.call('PATCH', `${THINGS}/t/status`, { status: { replicas: 'x' } }, 'application/merge-patch+json');
    expect(status.message).toContain('status.replicas in body must be of type integer');
  });
});
