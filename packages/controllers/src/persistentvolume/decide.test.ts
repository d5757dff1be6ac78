// What the binder decides, case by case: the facts of upstream's TestSync tables.
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
  StorageClass,
} from '@holdfast/schema';
import { describe, expect, test } from 'vitest';
import { type ClaimView, decideClaim } from './decide-claim.ts';
import { decideReclaim, decideVolume, withoutReservation } from './decide-volume.ts';

const COMPLETED = { 'pv.kubernetes.io/bind-completed': 'yes' };
const BY_CONTROLLER = { 'pv.kubernetes.io/bound-by-controller': 'yes' };

function claim(spec: PersistentVolumeClaimSpec = {}, annotations: Record<string, string> = {}): PersistentVolumeClaim {
  return {
    metadata: { name: 'data', namespace: 'default', uid: 'c1', annotations },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: '1Gi' } }, ...spec },
  };
}

function volume(name: string, spec: PersistentVolumeSpec = {}, annotations: Record<string, string> = {}): PersistentVolume {
  return {
    metadata: { name, annotations },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, persistentVolumeReclaimPolicy: 'Retain', ...spec },
    status: { phase: 'Available' },
  };
}

const classOf = (name: string, rest: Partial<StorageClass> = {}): StorageClass => ({
  metadata: { name },
  provisioner: 'disk.example.com',
  ...rest,
});
const DELAYED = classOf('late', { volumeBindingMode: 'WaitForFirstConsumer' });
const MINE = { namespace: 'default', name: 'data', uid: 'c1' };
const THEIRS = { namespace: 'default', name: 'other', uid: 'c2' };

function view(one: PersistentVolumeClaim, rest: Partial<ClaimView> = {}): ClaimView {
  const candidates = rest.candidates ?? [];
  const named = candidates.find(({ metadata }) => metadata.name === one.spec?.volumeName);
  return { claim: one, named, classes: [], unscheduledPods: [], ...rest, candidates };
}

/** 'bind pv', 'wait Type Reason message', 'class x', 'lost Reason', … */
function outcome(of: ClaimView): string {
  const decision = decideClaim(of);
  switch (decision.kind) {
    case 'bind':
      return `bind ${decision.volume.metadata.name}`;
    case 'setClass':
      return `class ${decision.className}`;
    case 'wait':
      return decision.event ? `${decision.event.type} ${decision.event.reason} ${decision.event.message}` : 'wait';
    case 'provision':
      return `provision by ${decision.provisioner}: ${decision.event.reason} ${decision.event.message}`;
    case 'lost':
      return `lost ${decision.event.reason} ${decision.event.message}`;
  }
}

describe('an unbound claim', () => {
  test('takes the smallest volume of the group with the fewest access modes', () => {
    const candidates = [
      volume('many', { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] }),
      volume('large', { capacity: { storage: '5Gi' } }),
      volume('larger', { capacity: { storage: '6Gi' } }),
    ];
    expect(outcome(view(claim(), { candidates }))).toBe('bind large');
  });

  test.each<readonly [string, PersistentVolume]>([
    ['too small', volume('pv', { capacity: { storage: '512Mi' } })],
    ['of another class', volume('pv', { storageClassName: 'x' })],
    ['of another mode', volume('pv', { volumeMode: 'Block' })],
    ['without the access mode', volume('pv', { accessModes: ['ReadOnlyMany'] })],
    ['of somebody else', volume('pv', { claimRef: THEIRS })],
    ['being deleted', { ...volume('pv'), metadata: { name: 'pv', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
    ['released', { ...volume('pv'), status: { phase: 'Released' } }],
    ['with an attributes class', volume('pv', { volumeAttributesClassName: 'gold' })],
  ])('does not take one that is %s', (_why, one) => {
    expect(outcome(view(claim(), { candidates: [one] }))).toBe(
      'Normal FailedBinding no persistent volumes available for this claim and no storage class is set',
    );
  });

  test('takes one that was reserved for it, whatever its class, selector and phase', () => {
    const { uid: _uid, ...byName } = MINE;
    const reserved = { ...volume('pv', { storageClassName: 'x', claimRef: byName }), status: { phase: 'Released' } };
    const picky = claim({ selector: { matchLabels: { disk: 'ssd' } } });
    expect(outcome(view(picky, { candidates: [volume('free'), reserved] }))).toBe('bind pv');
  });

  test('looks at labels', () => {
    const ssd = { ...volume('ssd'), metadata: { name: 'ssd', labels: { disk: 'ssd' } } };
    expect(outcome(view(claim({ selector: { matchLabels: { disk: 'ssd' } } }), { candidates: [volume('any'), ssd] }))).toBe('bind ssd');
  });

  test('gets the default class afterwards only where it said nothing about one', () => {
    const classes = [
      classOf('usual', { metadata: { name: 'usual', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } }),
    ];
    expect(outcome(view(claim({ storageClassName: undefined }), { classes }))).toBe('class usual');
    expect(outcome(view(claim({ storageClassName: '' }), { classes }))).toBe(
      'Normal FailedBinding no persistent volumes available for this claim and no storage class is set',
    );
  });

  test('of a class that waits: waits for a pod, says for which, and then for the provisioner', () => {
    const late = { classes: [DELAYED], candidates: [volume('pv', { storageClassName: 'late' })] };
    const own = claim({ storageClassName: 'late' });
    expect(outcome(view(own, late))).toBe('Normal WaitForFirstConsumer waiting for first consumer to be created before binding');
    expect(outcome(view(own, { ...late, unscheduledPods: ['web-0'] }))).toBe(
      'Normal WaitForPodScheduled waiting for pod web-0 to be scheduled',
    );
    expect(outcome(view(own, { ...late, unscheduledPods: ['a', 'b'] }))).toBe(
      'Normal WaitForPodScheduled waiting for pods a,b to be scheduled',
    );
    const chosen = claim({ storageClassName: 'late' }, { 'volume.kubernetes.io/selected-node': 'n1' });
    expect(outcome(view(chosen, { classes: [DELAYED] }))).toMatch(
      /^provision by disk.example.com: ExternalProvisioning Waiting for a volume to be created either by the external provisioner 'disk.example.com' or manually by the system administrator\./,
    );
  });

  test('of a class that does not exist, or that nobody provisions', () => {
    const own = claim({ storageClassName: 'x' });
    expect(outcome(view(own))).toBe('Warning ProvisioningFailed storageclass.storage.k8s.io "x" not found');
    const classes = [classOf('x', { provisioner: 'kubernetes.io/no-provisioner' })];
    expect(outcome(view(own, { classes }))).toBe('Warning ProvisioningFailed no volume plugin matched name: kubernetes.io/no-provisioner');
  });
});

describe('a claim that names its volume', () => {
  const own = claim({ volumeName: 'pv' });
  test.each<readonly [string, PersistentVolume[], string]>([
    ['waits quietly for one that is not there', [], 'wait'],
    ['takes a free one', [volume('pv')], 'bind pv'],
    ['takes one that names it', [volume('pv', { claimRef: MINE })], 'bind pv'],
    [
      'too small',
      [volume('pv', { capacity: { storage: '1Mi' } })],
      'Warning VolumeMismatch Cannot bind to requested volume "pv": requested PV is too small',
    ],
    [
      'another class',
      [volume('pv', { storageClassName: 'x' })],
      'Warning VolumeMismatch Cannot bind to requested volume "pv": storageClassName does not match',
    ],
    [
      'another mode',
      [volume('pv', { volumeMode: 'Block' })],
      'Warning VolumeMismatch Cannot bind to requested volume "pv": incompatible volumeMode',
    ],
    [
      'other access modes',
      [volume('pv', { accessModes: ['ReadOnlyMany'] })],
      'Warning VolumeMismatch Cannot bind to requested volume "pv": incompatible accessMode',
    ],
    ['taken', [volume('pv', { claimRef: THEIRS })], 'Warning FailedBinding volume "pv" already bound to a different claim.'],
  ])('%s', (_name, candidates, expected) => {
    expect(outcome(view(own, { candidates }))).toBe(expected);
  });
});

describe('a claim that was bound once', () => {
  const bound = claim({ volumeName: 'pv' }, COMPLETED);
  test.each<readonly [string, ClaimView, string]>([
    ['stays so', view(bound, { candidates: [volume('pv', { claimRef: MINE })] }), 'bind pv'],
    ['is bound again where the volume forgot it', view(bound, { candidates: [volume('pv')] }), 'bind pv'],
    ['its volume is gone', view(bound), 'lost ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!'],
    [
      'it forgot its volume',
      view(claim({}, COMPLETED), { candidates: [volume('pv')] }),
      'lost ClaimLost Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
    ],
    [
      "its volume is somebody else's",
      view(bound, { candidates: [volume('pv', { claimRef: THEIRS })] }),
      'lost ClaimMisbound Two claims are bound to the same volume, this one is bound incorrectly',
    ],
  ])('%s', (_name, of, expected) => {
    expect(outcome(of)).toBe(expected);
  });
});

describe('a volume', () => {
  const { uid: _uid, ...byName } = MINE;
  test.each<readonly [string, PersistentVolume, PersistentVolumeClaim | undefined, object]>([
    ['without a claim is available', volume('pv'), undefined, { kind: 'phase', phase: 'Available' }],
    ['reserved by name only is available', volume('pv', { claimRef: byName }), claim(), { kind: 'phase', phase: 'Available' }],
    ['whose claim is gone is released', volume('pv', { claimRef: MINE }), undefined, { kind: 'release' }],
    [
      'whose claim is another of its name is released',
      volume('pv', { claimRef: { ...MINE, uid: 'earlier' } }),
      claim(),
      { kind: 'release' },
    ],
    ['of a claim that has not answered asks it', volume('pv', { claimRef: MINE }), claim(), { kind: 'askClaim' }],
    ['that the claim can never use says so', volume('pv', { claimRef: MINE, volumeMode: 'Block' }), claim(), { kind: 'modeMismatch' }],
    ['of its claim is bound', volume('pv', { claimRef: MINE }), claim({ volumeName: 'pv' }), { kind: 'phase', phase: 'Bound' }],
    ['whose claim took another is given back', volume('pv', { claimRef: MINE }), claim({ volumeName: 'other' }), { kind: 'unbind' }],
    [
      'that was made for it is deleted then',
      volume('pv', { claimRef: MINE, persistentVolumeReclaimPolicy: 'Delete' }, { 'pv.kubernetes.io/provisioned-by': 'x' }),
      claim({ volumeName: 'other' }),
      { kind: 'release' },
    ],
  ])('%s', (_name, one, of, expected) => {
    expect(decideVolume(one, of)).toEqual(expected);
  });

  test('given back loses the whole reservation where a controller made it, and the uid where the user did', () => {
    expect(withoutReservation(volume('pv', { claimRef: MINE }, BY_CONTROLLER)).spec?.claimRef).toBeUndefined();
    expect(withoutReservation(volume('pv', { claimRef: MINE })).spec?.claimRef).toEqual({ namespace: 'default', name: 'data' });
  });

  test.each<readonly [string, PersistentVolume, string]>([
    ['Retain keeps it', volume('pv'), 'leave'],
    [
      'Delete of a CSI volume is the provisioner’s work',
      volume('pv', { persistentVolumeReclaimPolicy: 'Delete', csi: { driver: 'd', volumeHandle: 'h' } }),
      'leave',
    ],
    [
      'Delete of a local volume: nobody can',
      volume('pv', { persistentVolumeReclaimPolicy: 'Delete', local: { path: '/x' } }),
      'VolumeFailedDelete error getting deleter volume plugin for volume "pv": no volume plugin matched',
    ],
    [
      'Delete of a hostPath',
      volume('pv', { persistentVolumeReclaimPolicy: 'Delete', hostPath: { path: '/x' } }),
      'VolumeFailedDelete host_path deleter only supports /tmp/.+ but received provided /x',
    ],
    ['Recycle', volume('pv', { persistentVolumeReclaimPolicy: 'Recycle' }), 'VolumeFailedRecycle No recycler plugin found for the volume!'],
    [
      'anything else',
      volume('pv', { persistentVolumeReclaimPolicy: 'Burn' }),
      'VolumeUnknownReclaimPolicy Volume has an unrecognized PersistentVolumeReclaimPolicy',
    ],
  ])('%s', (_name, one, expected) => {
    const reclaim = decideReclaim(one);
    expect(reclaim.kind === 'leave' ? 'leave' : `${reclaim.reason} ${reclaim.message}`).toBe(expected);
  });
});
