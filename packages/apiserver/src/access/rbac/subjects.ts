// Subjects of bindings, and under which of them a user is found.
import type { Subject, UserInfo } from '@holdfast/schema';

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** A subject as a key of the index; a service account without a namespace is one of the binding's. */
export function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  return kind === 'ServiceAccount' ? `ServiceAccount ${namespace || bindingNamespace}/${name}` : `${kind} ${name}`;
}

export function subjectKeysOf({ username, groups }: UserInfo): readonly string[] {
  const account = SERVICE_ACCOUNT.exec(username);
  return [
    ...(account ? [`ServiceAccount ${account[1]}/${account[2]}`] : []),
    `User ${username}`,
    ...groups.map((group) => `Group ${group}`),
  ];
}

/** 'Group "system:authenticated"', 'ServiceAccount "default/ns"'. */
export function describeSubject(key: string): string {
  const space = key.indexOf(' ');
  const kind = key.slice(0, space);
  const name = key.slice(space + 1);
  return `${kind} ${JSON.stringify(kind === 'ServiceAccount' ? name.split('/').toReversed().join('/') : name)}`;
}

/** The groups that a service account belongs to by its name. */
export function serviceAccountGroups(username: string): readonly string[] {
  const [, namespace] = SERVICE_ACCOUNT.exec(username) ?? [];
  return namespace ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : [];
}
