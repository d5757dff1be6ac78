// Names of the claims that a StatefulSet makes.

/** No set that anybody runs has more instances; a number beyond is a typing error, and must not fill the memory. */
const MOST_INSTANCES = 10_000;

/** '<template>-<set>-<ordinal>' for each instance. */
export function claimNames(template: string, set: string, replicas: number): readonly string[] {
  return Array.from({ length: Math.min(replicas, MOST_INSTANCES) }, (_, ordinal) => `${template}-${set}-${ordinal}`);
}
