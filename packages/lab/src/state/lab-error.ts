// What goes wrong with labs as a whole.

/** One sentence for the user, remedy included; shown without a stack. */
export class LabError extends Error {
  override readonly name = 'LabError';
}

/** The sentence for a folder that cannot be written. */
export function folderProblem(path: string, error: NodeJS.ErrnoException): LabError {
  const why = {
    EACCES: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of the path is no folder',
  }[error.code ?? ''];
  return new LabError(
    `cannot write ${path}: ${why ?? error.message}: make it writable, or name another folder with --state-dir or HOLDFAST_HOME`,
    { cause: error },
  );
}

/** Another lab has the name. */
export class LabNameTaken extends LabError {
  constructor(name: string) {
    super(
      `a lab named ${JSON.stringify(name)} is already running: choose another name with --name, or end it with \`holdfast lab down --name ${name}\``,
    );
  }
}
