import { parsePath, type Path, startsWith } from '../merge/index.ts'

const none: readonly Path[] = []

/** What a release or an overlay names under `x-default`: there its values are suggestions. */
export function defaultsOf(spec: object): readonly Path[] {
  const texts = (spec as { readonly 'x-default'?: readonly string[] })['x-default']
  if (texts === undefined) return none
  return texts.flatMap((text) => {
    const path = parsePath(text)
    return path && path.length > 0 ? [path] : []
  })
}

export function isDefaultAt(spec: object, path: Path): boolean {
  return defaultsOf(spec).some((start) => startsWith(path, start))
}
