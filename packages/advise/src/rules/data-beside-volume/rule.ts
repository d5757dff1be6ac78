// The volume is there, but the database writes beside it.
import { lostFolders } from '../../model/data-folders.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule, RuleFinding } from '../../rule.ts';

export const rule: Rule = {
  id: 'data-beside-volume',
  title: 'a database writes beside the volume that is mounted for it',
  about:
    'The images of PostgreSQL (before 18), MySQL, MongoDB, ZooKeeper and of Confluent declare their data folders as VOLUME. Where nothing is mounted exactly there, the container runtime mounts an empty folder, also below a volume that is mounted one level higher; it goes with the container. So a claim at /var/lib/postgresql holds nothing unless PGDATA lies in it outside of data; a ZooKeeper with a claim at /data alone loses its transaction logs, which are in /datalog; a claim at another folder holds nothing unless a setting moves the data there. Evidence is the image, what it declares, what is mounted, and the settings. Containers with a command of their own, or with settings from elsewhere, are not judged.',
  loss: 'everything, at the first restart of the pod: the database starts empty, and looks healthy',
  fix: 'mount the volume exactly where the image keeps its data, or set the data folder (PGDATA, ZOO_DATA_LOG_DIR, KAFKA_LOG_DIRS) to a folder of the volume',
  sources: [
    'https://github.com/docker-library/postgres/issues/1163',
    'https://github.com/Hubs-Foundation/hubs-cloud/pull/387',
    'https://github.com/tektoncd/results/pull/153',
    'https://github.com/confluentinc/cp-docker-images/issues/608',
    'https://github.com/GoogleCloudPlatform/click-to-deploy/issues/2812',
  ],
  mistakes: [],
  severity: 'error',
  appliesTo: 'databases',
  needs: [],
  check(_graph, { source, containers, storage }) {
    // Without any volume that is to last, the loss is that of empty-dir-for-state.
    const lasting = storage.filter((one) => one.mountPaths.length > 0 && (one.source === 'claim' || one.source === 'hostPath'));
    if (lasting.length === 0) return [];
    return containers.flatMap(({ name, path, image, spec }) =>
      (spec ? lostFolders(spec) : []).slice(0, 1).map(
        ({ folder, hiddenBy }): RuleFinding => ({
          object: source,
          path: [...path, 'volumeMounts'],
          message: `container ${name} of ${titleOf(source)} keeps data in ${folder}, which no volume holds`,
          evidence: [
            ...lasting.map((one) => ({
              object: source,
              path: one.path,
              says: `storage ${one.name} is mounted at ${one.mountPaths.join(', ')}`,
            })),
            {
              object: source,
              path: image?.path ?? path,
              says:
                hiddenBy === undefined
                  ? `${image?.value} keeps data in ${folder}`
                  : `${image?.value} declares ${hiddenBy} as VOLUME: an empty folder covers it in every new container`,
            },
          ],
          confidence: hiddenBy === undefined ? 'medium' : 'high',
        }),
      ),
    );
  },
};
