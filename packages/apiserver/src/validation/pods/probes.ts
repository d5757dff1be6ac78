// Probes and lifecycle hooks: how the node looks at a container and what it runs in it.
import { isHttpHeaderName, isValidPortName, isValidPortNumber, type LifecycleHandler, type Probe } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';

/** A port by number or by name. */
export function portNumberOrName(port: number | string | undefined, path: string, errors: FieldErrors): void {
  if (typeof port === 'string') errors.problems(path, port, isValidPortName(port));
  else errors.problems(path, port ?? 0, isValidPortNumber(port ?? 0));
}

export function validateLivenessProbe(probe: Probe | undefined, path: string, errors: FieldErrors): void {
  if (!probe) return;
  validateProbe(probe, path, errors);
  if (probe.successThreshold !== 1) errors.invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1');
}

export function validateReadinessProbe(probe: Probe | undefined, path: string, errors: FieldErrors): void {
  if (!probe) return;
  validateProbe(probe, path, errors);
  if (probe.terminationGracePeriodSeconds !== undefined)
    errors.invalid(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes');
}

function validateProbe(probe: Probe, path: string, errors: FieldErrors): void {
  validateHandler(probe, undefined, path, errors);
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const)
    errors.nonNegative(`${path}.${field}`, probe[field]);
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0)
    errors.invalid(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, 'must be greater than 0');
}

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>;

/** Exactly one way to run or ask; `graceSeconds` bounds a sleep. */
export function validateHandler(handler: Handler, graceSeconds: number | undefined, path: string, errors: FieldErrors): void {
  const given = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter((field) => handler[field] !== undefined);
  const [first, ...others] = given;
  if (first === undefined) return errors.required(path, 'must specify a handler type');
  handlers[first](handler, `${path}.${first}`, graceSeconds, errors);
  for (const field of others) errors.forbidden(`${path}.${field}`, 'may not specify more than 1 handler type');
}

type CheckHandler = (handler: Handler, path: string, graceSeconds: number | undefined, errors: FieldErrors) => void;

const handlers: Readonly<Record<'exec' | 'httpGet' | 'tcpSocket' | 'grpc' | 'sleep', CheckHandler>> = {
  exec: ({ exec }, path, _grace, errors) => {
    if (!exec?.command?.length) errors.required(`${path}.command`);
  },
  httpGet: ({ httpGet }, path, _grace, errors) => {
    if (!httpGet?.path) errors.required(`${path}.path`);
    portNumberOrName(httpGet?.port, `${path}.port`, errors);
    errors.oneOf(`${path}.scheme`, httpGet?.scheme ?? '', ['HTTP', 'HTTPS']);
    for (const { name } of httpGet?.httpHeaders ?? []) errors.problems(`${path}.httpHeaders`, name, isHttpHeaderName(name));
  },
  tcpSocket: ({ tcpSocket }, path, _grace, errors) => portNumberOrName(tcpSocket?.port, `${path}.port`, errors),
  grpc: ({ grpc }, path, _grace, errors) => portNumberOrName(grpc?.port, `${path}.port`, errors),
  sleep: ({ sleep }, path, graceSeconds, errors) => {
    const seconds = sleep?.seconds ?? 0;
    if (graceSeconds === undefined || (seconds > 0 && seconds <= graceSeconds)) return;
    errors.invalid(
      path,
      seconds,
      `must be greater than 0 and less than terminationGracePeriodSeconds (${graceSeconds}). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.`,
    );
  },
};
