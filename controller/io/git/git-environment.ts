/** The whole environment of a git child: nothing of ours is inherited but where programs and temporary files are. */
export function gitEnvironment(
  searchPath: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    PATH: searchPath,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: process.platform === 'win32' ? 'NUL' : '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    // A pushed refs/replace/* would show us other contents than the id promises.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    // A partial clone would fetch each missing blob by a request of its own.
    GIT_NO_LAZY_FETCH: '1',
    // Nothing unless a fetch allows its one protocol: also covers what a lazy fetch of an old git would do.
    GIT_ALLOW_PROTOCOL: 'none',
    ...extra,
  }
}

/** Settings before the command, for every child. */
export const fixedSettings: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.quotePath=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'credential.helper=',
  // The state folder or a mounted checkout may belong to another user id; the caller named it, so it is meant.
  'safe.directory=*',
].flatMap((setting) => ['-c', setting])
