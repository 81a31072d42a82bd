/** Every limit on input, in one place; `test/core/model/caps.test.ts` goes one over each. */
export const caps = {
  /** Bytes of one file of a fleet. */
  fileBytes: 256 * 1024,
  /** Lines of one file. */
  fileLines: 20_000,
  /** Levels of nesting inside a document, and of folders in a tree. */
  depth: 64,
  /** Keys of one map. */
  keys: 2_000,
  /** Values of one document: maps, lists and what stands in them. */
  values: 10_000,
  /** Problems reported for one file. */
  problemsPerFile: 50,
  /** Bytes of one part of a path. */
  pathPartBytes: 100,
  /** Files of one snapshot. */
  files: 2_000_000,
  /** Files that a tenant's own repository may mount, and their bytes together. */
  sourceFiles: 10_000,
  sourceFileBytes: 32 * 1024 * 1024,
  /** Bytes of the folders read for it: a tree made to be large holds more names than anybody needs. */
  sourceTreeBytes: 8 * 1024 * 1024,
  /** Bytes of its mirror, history included. */
  sourceBytes: 256 * 1024 * 1024,
  /** Characters of a name. */
  nameLength: 63,
  /** Characters of one expression. */
  expressionLength: 2_048,
  /** Nesting inside one expression. */
  expressionDepth: 64,
  /** Bytes of one alert sent to a webhook. */
  alertBytes: 1024 * 1024,
  /** Bytes of one vendor answer. */
  answerBytes: 4 * 1024 * 1024,
  /** Pages of one vendor answer, and their bytes together. */
  pages: 100,
  pagesBytes: 16 * 1024 * 1024,
  /** Milliseconds for one vendor request. */
  requestMs: 30_000,
  /** Steps that one run may perform. */
  stepsPerRun: 1_000,
  /** And so many more to undo them, where it is cancelled. */
  stepsOnCancel: 100,
  /** Items of one `forEach`. */
  itemsPerLoop: 500,
  /** Bytes of all values that one run holds: what it was given, what it sent and what came back. */
  payloadBytes: 8 * 1024 * 1024,
  /** Milliseconds that one run may go on, waits included. */
  runMs: 400 * 86_400_000,
  /** Characters of the title or key of a case, and of its other texts. */
  caseTitleLength: 200,
  caseTextLength: 8_000,
  /** Runs between a run and the one that a person or an alert began. */
  childDepth: 5,
  /** Milliseconds that one step may sleep. */
  sleepMs: 366 * 86_400_000,
  /** Missed instants of one schedule that are made up for; earlier ones are not. */
  missedInstants: 100,
} as const
