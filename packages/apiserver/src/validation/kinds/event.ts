// Events, as stored: in the form of core/v1.
import { type Event, isDns1123Subdomain, isQualifiedName } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';

const LIMIT = 128;
const NOTE_LIMIT = 1024;

/** What holds for events of both groups. */
export function validateEvent(event: Event, errors: FieldErrors): void {
  const namespace = event.metadata?.namespace ?? '';
  const subject = event.involvedObject?.namespace ?? '';
  const mismatch = (): void => errors.invalid('involvedObject.namespace', subject, 'does not match event.namespace');
  if (!event.eventTime) {
    if (subject === '' ? namespace !== 'default' && namespace !== '' : namespace !== subject) mismatch();
  } else {
    if (subject === '' && namespace !== 'default' && namespace !== 'kube-system') mismatch();
    const controller = event.reportingComponent ?? '';
    if (controller === '') errors.required('reportingController');
    errors.problems('reportingController', controller, isQualifiedName(controller));
    for (const field of ['reportingInstance', 'action', 'reason'] as const) {
      const text = event[field] ?? '';
      if (text === '') errors.required(field);
      if (text.length > LIMIT) errors.invalid(field, '', `can have at most ${LIMIT} characters`);
    }
    if ((event.message ?? '').length > NOTE_LIMIT) errors.invalid('message', '', `can have at most ${NOTE_LIMIT} characters`);
  }
  errors.problems('namespace', namespace, isDns1123Subdomain(namespace));
}
