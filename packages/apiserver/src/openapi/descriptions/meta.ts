// Metadata, selectors and conditions.
import type { Descriptions } from './descriptions.ts';

export const META: Descriptions = {
  'meta.v1.ObjectMeta': [
    'What every stored object has besides its own fields.',
    {
      name: 'Name of the object, unique among those of its kind in its namespace. It cannot be changed.',
      generateName: 'Prefix of a name that the server completes when no name is given.',
      namespace: 'The space within which the name is unique. Objects of the whole cluster have none.',
      uid: 'Identifier of this one object, unlike that of any other that had or will have the same name.',
      resourceVersion:
        'Opaque text that changes with every write; sent along with an update, it makes the update fail when somebody else was faster.',
      generation: 'Counts the changes of what is wanted.',
      creationTimestamp: 'When the server created the object.',
      deletionTimestamp: 'When the object will be deleted, or should have been; set by the server when deletion is asked for.',
      deletionGracePeriodSeconds: 'Seconds that the object is given to end by itself once it is being deleted.',
      labels: 'Short texts by which objects are selected and grouped.',
      annotations: 'Texts that tools keep with the object. They cannot be selected by.',
      ownerReferences: 'Objects that this one depends on. When all of them are gone, this one is collected.',
      finalizers: 'Who has work to do before the object may go. It is removed when the list is empty and deletion was asked for.',
      managedFields: 'Which manager set which fields, kept by the server for server-side apply.',
    },
  ],
  'meta.v1.ListMeta': [
    'What every list has.',
    {
      continue: 'Token for the next page; empty on the last one.',
      remainingItemCount: 'How many objects come after this page, where that is known.',
      resourceVersion: 'The state of the store that the list shows; a watch may start from it.',
    },
  ],
  'meta.v1.OwnerReference': [
    'Points to an owner in the same namespace, or to one of the whole cluster.',
    {
      controller: 'Whether this owner is the one that manages the object.',
      blockOwnerDeletion: 'Whether a foreground deletion of the owner waits for this object.',
      name: 'Name of the owner.',
      uid: 'UID of the owner: another object of the same name is no owner.',
    },
  ],
  'meta.v1.LabelSelector': [
    'Selects objects by their labels. All requirements must hold; an empty selector selects everything.',
    { matchLabels: 'Labels that must have exactly these values.', matchExpressions: 'Requirements such as "key In values".' },
  ],
  'meta.v1.LabelSelectorRequirement': [
    'One requirement of a label.',
    {
      key: 'The label.',
      operator: 'In, NotIn, Exists or DoesNotExist.',
      values: 'What the operator compares with; empty for Exists and DoesNotExist.',
    },
  ],
  'meta.v1.Condition': [
    'One observation about the state of an object.',
    {
      type: 'What is observed, in CamelCase.',
      status: 'True, False or Unknown.',
      reason: 'Why, as one word in CamelCase.',
      message: 'Why, in words for people.',
      lastTransitionTime: 'When the status changed last.',
    },
  ],
};
