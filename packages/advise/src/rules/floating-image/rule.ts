// An image that may be another one tomorrow.
import { imageTag } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'floating-image',
  title: 'the image of a database has no fixed version',
  about:
    'An image without a tag, or with latest, is whatever the registry has when a node pulls it. A pod that moves to another node may then run a newer major version on the same data folder, which most engines upgrade at once and cannot go back from, or refuse to start on. A digest counts as fixed.',
  loss: 'a drained node becomes a major upgrade of one member: files of mixed versions, and no way back',
  fix: 'name the exact version, better with its digest',
  sources: ['https://kubernetes.io/docs/concepts/containers/images/#image-names'],
  mistakes: [24],
  severity: 'warning',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, containers }) {
    return containers
      .filter(({ image }) => image !== undefined && !image.value.includes('@') && (imageTag(image.value) || 'latest') === 'latest')
      .slice(0, 1)
      .map(({ name, image, path }) => ({
        object: source,
        path: image?.path ?? path,
        message: `container ${name} of ${titleOf(source)} runs ${image?.value}, which names no version`,
        evidence: [{ object: source, path: image?.path ?? path, says: 'may be another version at the next pull' }],
        confidence: 'high',
      }));
  },
};
