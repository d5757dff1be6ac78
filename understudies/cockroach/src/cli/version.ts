// What this program is, in all honesty.

/** The version of CockroachDB whose interface the understudy follows. */
export const BUILD = 'v24.3.2-understudy';

export const WHAT_THIS_IS =
  "This is Holdfast's understudy of CockroachDB: a small replicated SQL database (Raft, fsync, PostgreSQL protocol), not CockroachDB itself.";

export function versionText(): string {
  return [
    `Build Tag:        ${BUILD}`,
    'Distribution:     Holdfast understudy',
    `Platform:         ${process.platform} ${process.arch} (node ${process.version})`,
    '',
    WHAT_THIS_IS,
    '',
  ].join('\n');
}
