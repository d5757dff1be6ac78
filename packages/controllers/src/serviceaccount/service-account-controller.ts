// Every namespace has a service account `default`, which pods use that name none.
import { SERVICEACCOUNTS } from '@holdfast/schema';
import { keepInEachNamespace } from './for-each-namespace.ts';

export const serviceAccountController = keepInEachNamespace({
  name: 'serviceaccount',
  type: SERVICEACCOUNTS,
  objectName: 'default',
  build: (namespace) => ({ metadata: { namespace, name: 'default' } }),
});
