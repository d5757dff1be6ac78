import { describe, expect, test } from 'vitest';
import { clusterOf, EXERCISE_SPEC } from '../cluster/testing.ts';
import { resolveImage, supportedVersions } from './image.ts';
import { problemOf } from './validation.ts';

const claim = EXERCISE_SPEC.dataStore.pvc?.spec ?? {};
const { volumeMode: _mode, ...withoutMode } = claim;

describe('problemOf', () => {
  test('the exercise is good', () => expect(problemOf(EXERCISE_SPEC)).toBeUndefined());

  test.each([
    [{ nodes: 2 }, 'TooFewNodes', 'set spec.nodes to 3 or more'],
    [{ image: undefined }, 'ImageMissing', 'set spec.image.name'],
    [{ image: { name: '' } }, 'ImageMissing', 'set spec.image.name'],
    [{ cockroachDBVersion: 'v24.3.2' }, 'ImageAndVersion', 'remove spec.cockroachDBVersion or spec.image.name'],
    [{ dataStore: {} }, 'DataStoreMissing', 'spec.dataStore.pvc.spec'],
    [{ dataStore: { pvc: { spec: claim }, hostPath: { path: '/x' } } }, 'DataStoreAmbiguous', 'keep one of them'],
    [{ dataStore: { pvc: { spec: withoutMode } } }, 'VolumeModeMissing', 'set spec.dataStore.pvc.spec.volumeMode to Filesystem'],
    [{ dataStore: { pvc: { spec: { ...claim, volumeMode: 'Block' } } } }, 'VolumeModeUnsupported', 'set it to Filesystem'],
    [{ dataStore: { pvc: { spec: { ...claim, resources: {} } } } }, 'StorageMissing', 'resources.requests.storage'],
    [{ ingress: {} }, 'IngressEmpty', 'set at least one of them'],
    [{ ingress: { ui: { host: '' } } }, 'IngressHostMissing', 'spec.ingress.ui.host'],
    [{ tlsEnabled: true }, 'TLSNotSupported', 'set spec.tlsEnabled to false'],
  ])('%j', (spec, reason, remedy) => {
    const problem = problemOf(clusterOf(spec).spec);
    expect(problem?.reason).toBe(reason);
    expect(problem?.message).toContain(remedy);
  });
});

describe('resolveImage', () => {
  test.each([
    ['cockroachdb/cockroach:v24.3.2', 'v24.3.2'],
    ['registry:5000/mirror/cockroach:v21.1.0-rc.1', 'v21.1.0-rc.1'],
    ['cockroachdb/cockroach:v24.1.0@sha256:0123', 'v24.1.0'],
  ])('%s', (name, version) => {
    expect(resolveImage(clusterOf({ image: { name } }).spec, new Map())).toEqual({ image: name, version });
  });

  test.each(['nginx:latest', 'registry:5000/cockroach', 'cockroachdb/cockroach@sha256:0123'])('the version of %s is unknown', (name) => {
    expect(resolveImage(clusterOf({ image: { name } }).spec, new Map())).toMatchObject({ reason: 'VersionUnknown' });
  });

  test('a version leads to its image', () => {
    const spec = clusterOf({ image: undefined, cockroachDBVersion: 'V24.3.2' }).spec;
    expect(resolveImage(spec, new Map())).toEqual({ image: 'cockroachdb/cockroach:v24.3.2', version: 'v24.3.2' });
    const supported = supportedVersions({ RELATED_IMAGE_COCKROACH_v24_3_2: 'mirror/crdb:v24.3.2', HOME: '/' });
    expect(resolveImage(spec, supported)).toEqual({ image: 'mirror/crdb:v24.3.2', version: 'v24.3.2' });
    const unknown = resolveImage(clusterOf({ image: undefined, cockroachDBVersion: 'v24.1.0' }).spec, supported);
    expect(unknown).toMatchObject({
      reason: 'VersionNotSupported',
      message: expect.stringContaining('crdb version v24.1.0 not supported'),
    });
  });
});
