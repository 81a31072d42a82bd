/**
 * What is wrong with a fleet, as values: collected, never thrown, so that one bad file hides no other.
 * The codes are a closed union; `docs/reference/problems.md` is made from this table.
 */
export const problemCodes = {
  // a tree that cannot be trusted
  'bad-path':
    'A path has a part that is not allowed: use letters, digits, dot, underscore and hyphen, at most 100 bytes.',
  'bad-mode': 'Only ordinary files and folders are read: replace symbolic links and submodules by files.',
  'path-collision': 'Two paths differ only by upper and lower case: rename one of them.',
  'too-many-levels': 'Folders are nested deeper than 64 levels: flatten them.',
  'file-too-large': 'A file is larger than 256 KiB or longer than 20,000 lines: split it.',

  // a file that cannot be read as YAML
  'not-utf8': 'The file is not UTF-8 text: save it as UTF-8.',
  'yaml-syntax': 'The YAML cannot be read: correct it at the mark.',
  'yaml-empty': 'The file says nothing: write a document or delete the file.',
  'yaml-several-documents': 'One file holds one document: split the file at `---`.',
  'yaml-anchor': 'Anchors, aliases and `<<` are not allowed: write the value out.',
  'yaml-tag': 'Tags are not allowed: remove the `!…`.',
  'yaml-directive': 'Directives are not allowed: remove the `%…` line.',
  'yaml-key': 'A key must be a plain string: put it in quotes.',
  'yaml-number': 'The number cannot be held exactly: put it in quotes or make it smaller.',
  'duplicate-key': 'A key stands twice in one map: keep one of them.',
  'refused-key': 'This key name is reserved by the language: choose another one.',
  'too-deep': 'Values are nested deeper than 64 levels: flatten them.',
  'too-many-keys': 'A map has more than 2,000 keys: split it.',
  'too-many-values': 'A file holds more than 10,000 values: split it.',

  // a document that does not fit its kind
  'unknown-kind': 'The kind is not one of Headwater’s: check `kind` and `apiVersion`.',
  'unknown-field': 'The field is not known here: check its spelling.',
  'missing-field': 'A required field is missing: add it.',
  'wrong-type': 'The value has the wrong type: see what is expected.',
  'wrong-value': 'The value is not allowed here: see what is expected.',
  'duplicate-item': 'Two items of one list have the same key: rename or remove one.',

  // files that do not fit together
  'misplaced-file': 'The file does not belong here: see the layout in docs/reference/layout.md.',
  'reserved-name': 'The name is reserved under a tenant: choose another one.',
  'bad-name': 'Names are lower case letters, digits and hyphens, at most 63 characters.',
  'name-mismatch': 'The name in the file and the name of its folder or file must be equal.',
  'missing-tenant': 'A folder under tenants/ holds files but no tenant.yaml: add one.',
  'duplicate-uid': 'Two tenants have the same uid: give the new one its own.',
  'duplicate-name': 'Two files of one scope declare the same name: rename one.',
  'unknown-workflow': 'No workflow of this name is visible here: check the name.',
  'ambiguous-workflow': 'Several visible workflows have this short name: write owner:name.',
  'unknown-release': 'The workflow has no such release: check its releases/ folder.',
  'unknown-channel': 'The workflow has no such channel: check its channels.yaml.',
  'unknown-tenant': 'There is no such tenant: check the path.',
  'unknown-step': 'The step is not declared in this workflow.',
  'unknown-input': 'The input is not declared in this workflow.',
  'unknown-action': 'No action of this name is declared in connectors/actions/.',
  'unknown-connector': 'No connector of this name is declared in connectors/vendors/.',
  'unknown-connection': 'No connection of this name is visible to the tenant.',
  'unknown-role': 'No role of this name is visible here.',
  'workflow-cycle': 'Workflows perform one another in a circle: take one of these steps out.',
  'duplicate-step': 'Two steps of a workflow have the same id: rename one.',
  'step-kind': 'A step does exactly one thing: keep one of the fields that say what.',
  'bad-schedule': 'The schedule never starts a run: see what is wrong with its cron expression or time zone.',
  'bad-expression': 'The expression cannot be read: correct it at the mark.',
  'out-of-scope': 'A file may reach its own subtree only: narrow what it selects.',
  'share-conflict': 'Two shares of equal distance disagree about a tenant and a workflow: narrow one.',
  'empty-selector': 'The selector matches no tenant: check the tags and the subtree.',
  'tenant-source':
    'A tenant with a repository of its own has nothing but tenant.yaml here, and mounts no further repository in there.',
  'source-missing':
    'The tenant’s own repository was never fetched: correct the cause, it is tried again by itself. Without a controller: run `headwater up` once.',
  'source-behind':
    'The tenant’s own repository cannot be fetched now: the commit fetched last stays in force, and it is tried again by itself.',
  'source-rewritten':
    'The history of the tenant’s own repository was rewritten: put it back, or name the new commit in `spec.source.accept`.',
  'source-invalid': 'The tenant’s own repository cannot be mounted as it is: correct it there.',

  // a workflow that cannot be rendered or bound for a tenant
  'overlay-invalid': 'The overlay cannot be applied to its base: correct the patch at the mark.',
  'overlay-not-shared': 'The tenant does not receive this workflow: share it first or remove the overlay.',
  'not-customisable': 'The workflow is shared read-only: ask its owner, or remove the overlay.',
  locked: 'An ancestor has locked this path: remove the change or ask the owner for an exemption.',
  conflict: 'The overlay and the new release change the same thing: decide which one holds.',
  'invalid-result': 'The workflow is no longer valid with this overlay: correct the overlay.',
  'missing-binding': 'No connection of the tenant performs this action: add a connection or a binding.',
  'ambiguous-binding': 'Several connections perform this action: say which one under `bindings`.',
  forbidden: 'A guardrail forbids this action here: remove the step or ask the guardrail’s owner.',
  'not-pinned':
    'In the modes review and pinned a release must be named: write it under `pins`, or as `base` of an overlay.',
  'not-shared': 'No share hands this workflow to any tenant.',
  'held-back': 'The tenant stays at an earlier release because of a conflict: decide it with `headwater upgrade`.',
  'release-changed':
    'A release never changes once it is there: put it back, and make a new one with `headwater release`.',
  'too-many-removals': 'So many tenants are never removed without a person’s word: allow the exact number.',
  'frozen-by': 'The tenant stays at its last good state until the named file is corrected.',

  // a command or a repository that cannot be used
  'unknown-revision': 'The revision cannot be found: check the name, or fetch first.',
  'not-a-fleet': 'There is no fleet here: run in a folder with tenants/ and workflows/, or name one with --repo.',
  'repository-unreadable': 'The repository cannot be read: see the cause.',
  'no-controller': 'No controller runs here: start one with `headwater up`, or name one with --url.',
  'port-taken': 'Something listens on this port already: choose another one with --port, or 0 for any free one.',
  'state-unusable': 'The state folder cannot be used as it is: see the cause.',
  'state-locked': 'Another controller uses this state folder: stop it, or choose another folder with --state.',
  'secret-missing':
    'The secret is not there: add it with `headwater secret set`, in the folder of the connection’s owner.',
  'secrets-unreadable': 'The secrets file is not as SOPS with age writes it: see the cause.',
  'secrets-tampered': 'The secrets file was changed without its key: restore it from git, or set its secrets again.',
  'age-key-wrong':
    'The secrets file is for somebody else: encrypt it for what `headwater secret recipient` prints, or give the right key.',
  'age-key-unreadable': 'The file with the age identity cannot be used: see the cause.',
  'reconcile-lost':
    'What was applied last stays in force, and reconciling is tried again; a fleet that needs more memory than there is needs a larger machine.',
  refused: 'The controller refused: see the reason.',
  'fetch-failed': 'The remote repository cannot be fetched: check URL, token and network.',
} as const

export type ProblemCode = keyof typeof problemCodes

export function isProblemCode(text: unknown): text is ProblemCode {
  return typeof text === 'string' && Object.hasOwn(problemCodes, text)
}

/** Where something stands: lines and columns count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
  /** The line itself, for the caret. */
  readonly text?: string
}

export interface Problem {
  readonly code: ProblemCode
  readonly severity: 'error' | 'warning'
  /** The cause in our words: what is there, and what was expected. */
  readonly message: string
  readonly place?: Place
  /** Field path inside the document, `/spec/steps/[id=x]/with`. */
  readonly path?: string
  /** The words of an expression in the field that are meant: `steps.find` in a long script. */
  readonly mark?: string
  /** The tenant that is affected, where it is one. */
  readonly tenant?: string
  /** A proposal such as `did you mean requireApproval?`. */
  readonly hint?: string
}

export function problem(
  code: ProblemCode,
  message: string,
  rest: Omit<Problem, 'code' | 'message' | 'severity'> = {},
): Problem {
  return { code, severity: 'error', message, ...rest }
}

export function warning(
  code: ProblemCode,
  message: string,
  rest: Omit<Problem, 'code' | 'message' | 'severity'> = {},
): Problem {
  return { code, severity: 'warning', message, ...rest }
}

export function isError(candidate: Problem): boolean {
  return candidate.severity === 'error'
}
