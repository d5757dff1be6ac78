// Which container of a pod a log or exec request is for.
import { badRequest, type Pod, type StatusError } from '@holdfast/schema';

/** Names the container that people mean when they name none. */
export const DEFAULT_CONTAINER_ANNOTATION = 'kubectl.kubernetes.io/default-container';

/** The name asked for, else the annotated one, else the only one. Throws BadRequest (400) with upstream's words. */
export function chooseContainer(pod: Pod, asked: string | undefined): string {
  const podName = pod.metadata.name ?? '';
  const names = containerNames(pod);
  if (asked) {
    if (!names.all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${podName}`);
    return asked;
  }
  const annotated = pod.metadata.annotations?.[DEFAULT_CONTAINER_ANNOTATION];
  if (annotated !== undefined && names.all.includes(annotated)) return annotated;
  const [only] = names.containers;
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${podName}`);
  if (names.containers.length > 1) throw mustChoose(podName, names);
  return only;
}

interface ContainerNames {
  readonly containers: readonly string[];
  readonly initContainers: readonly string[];
  readonly ephemeralContainers: readonly string[];
  readonly all: readonly string[];
}

function containerNames({ spec }: Pod): ContainerNames {
  const containers = (spec?.containers ?? []).map(({ name }) => name);
  const initContainers = (spec?.initContainers ?? []).map(({ name }) => name);
  const ephemeralContainers = (spec?.ephemeralContainers ?? []).map(({ name }) => name);
  return { containers, initContainers, ephemeralContainers, all: [...containers, ...initContainers, ...ephemeralContainers] };
}

function mustChoose(podName: string, names: ContainerNames): StatusError {
  const init = names.initContainers.length > 0 ? ` or one of the init containers: [${names.initContainers.join(' ')}]` : '';
  const ephemeral =
    names.ephemeralContainers.length > 0 ? ` or one of the ephemeral containers: [${names.ephemeralContainers.join(' ')}]` : '';
  return badRequest(
    `a container name must be specified for pod ${podName}, choose one of: [${names.containers.join(' ')}]${init}${ephemeral}`,
  );
}
