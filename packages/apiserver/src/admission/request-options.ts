// The options of a write as its query states them: what webhooks find under request.options.
import type { ApiRequest } from '@holdfast/schema';

/** CreateOptions or UpdateOptions, without kind and apiVersion. */
export function requestOptions({ query }: Pick<ApiRequest, 'query'>): Readonly<Record<string, unknown>> {
  if (query.size === 0) return {};
  const [dryRun, fieldManager, fieldValidation] = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => query.get(name));
  return {
    ...(dryRun ? { dryRun: [dryRun] } : {}),
    ...(fieldManager ? { fieldManager } : {}),
    ...(fieldValidation ? { fieldValidation } : {}),
  };
}
