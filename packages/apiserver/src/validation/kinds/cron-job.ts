// Cron jobs: a schedule, a time zone and a job's template.
import { type CronJob, cronProblem, goLabelSelector } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { validateJobSpec } from './job.ts';

const MAX_NAME = 52;

export function validateCronJob(job: CronJob, old: CronJob | undefined, errors: FieldErrors): void {
  const { spec } = job;
  const { schedule = '', timeZone } = spec ?? {};
  if (!schedule) errors.required('spec.schedule');
  else {
    const problem = cronProblem(schedule);
    if (problem) errors.invalid('spec.schedule', schedule, problem);
    const hadZone = old?.spec?.schedule?.includes('TZ') === true;
    if (schedule.includes('TZ') && hadZone && timeZone !== undefined)
      errors.invalid('spec.schedule', schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule');
    if (schedule.includes('TZ') && !hadZone)
      errors.invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead');
  }
  errors.nonNegative('spec.startingDeadlineSeconds', spec?.startingDeadlineSeconds);
  if (timeZone !== old?.spec?.timeZone || !old) validateTimeZone(timeZone, errors);
  errors.requiredOneOf('spec.concurrencyPolicy', spec?.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']);
  const template = spec?.jobTemplate?.spec;
  validateJobSpec(template ?? { template: {} }, 'spec.jobTemplate.spec', errors);
  if (template?.selector)
    errors.invalid('spec.jobTemplate.spec.selector', goLabelSelector(template.selector), '`selector` will be auto-generated');
  if (template?.manualSelector === true) errors.notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']);
  errors.nonNegative('spec.successfulJobsHistoryLimit', spec?.successfulJobsHistoryLimit);
  errors.nonNegative('spec.failedJobsHistoryLimit', spec?.failedJobsHistoryLimit);
  const name = job.metadata?.name ?? '';
  if (!old && name.length > MAX_NAME) errors.invalid('metadata.name', name, `must be no more than ${MAX_NAME} characters`);
}

function validateTimeZone(zone: string | undefined, errors: FieldErrors): void {
  if (zone === undefined) return;
  if (zone === '') return errors.invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string');
  const odd = zone
    .split('/')
    .some((part) => part === '.' || part === '..' || part.startsWith('-') || !/^[A-Za-z.\-_0-9+]{1,14}$/.test(part));
  if (odd) return errors.invalid('spec.timeZone', zone, `unknown time zone ${zone}`);
  if (zone.toLowerCase() === 'local')
    errors.invalid('spec.timeZone', zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones');
  if (!isKnownZone(zone)) errors.invalid('spec.timeZone', zone, `unknown time zone ${zone}`);
}

function isKnownZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    // The name is not in the database.
    return false;
  }
}
