import type { BoundConnection } from '../../core/model/effective.ts'
import { isList, isMap, type Json } from '../../core/model/values.ts'
import type { RequestParts, RequestSpec } from './render-request.ts'

export type Pages = NonNullable<RequestSpec['pages']>

export interface Page {
  readonly body: Json
  /** The header `Link`. */
  readonly link: string | undefined
}

export type Next =
  | { readonly kind: 'last' }
  | { readonly kind: 'next'; readonly parts: RequestParts }
  | { readonly kind: 'bad'; readonly message: string }

/** The list in a body; undefined where there is none. */
export function itemsOf(body: Json, { items }: Pages): readonly Json[] | undefined {
  const list = at(body, items)
  return isList(list) ? list : undefined
}

/** The body of the first page with the items of all. */
export function withItems(body: Json, { items }: Pages, all: readonly Json[]): Json {
  return put(body, items === '.' ? [] : items.split('.'), all)
}

/** The request for the page that follows; `read` is how many items were read up to here, `page` how many pages. */
export function nextPage(
  pages: Pages,
  { parts, connection }: { readonly parts: RequestParts; readonly connection: BoundConnection },
  { body, link }: Page,
  { read, page, inPage }: { readonly read: number; readonly page: number; readonly inPage: number },
): Next {
  switch (pages.by) {
    case 'link': {
      const target = pages.next === undefined ? linkIn(link) : at(body, pages.next)
      return typeof target === 'string' && target !== '' ? followed(target, parts, connection) : { kind: 'last' }
    }
    case 'cursor': {
      const cursor = at(body, pages.next ?? '')
      if (cursor === undefined || cursor === null || cursor === '' || cursor === false) return { kind: 'last' }
      return asked(parts, pages, typeof cursor === 'string' ? cursor : JSON.stringify(cursor))
    }
    case 'page':
      return inPage < (pages.size ?? 1) ? { kind: 'last' } : asked(parts, pages, String((pages.first ?? 1) + page))
    case 'offset':
      return inPage < (pages.size ?? 1) ? { kind: 'last' } : asked(parts, pages, String(read))
  }
}

function asked(parts: RequestParts, { parameter = 'page' }: Pages, value: string): Next {
  const query = [...parts.query.filter(([name]) => name !== parameter), [parameter, value] as const]
  return { kind: 'next', parts: { ...parts, query } }
}

/** A link is the vendor's word: it may lead on below the base URL of the connection, and nowhere else. */
function followed(link: string, parts: RequestParts, { baseUrl }: BoundConnection): Next {
  const base = URL.parse(baseUrl)
  const prefix = base?.pathname.replace(/\/+$/, '') ?? ''
  const url = base && URL.parse(link, `${base.origin}${prefix}${parts.path}`)
  if (!base || !url || url.origin !== base.origin || !url.pathname.startsWith(`${prefix}/`) || url.username !== '')
    return { kind: 'bad', message: 'the link to the next page leads away from the base URL of the connection' }
  const path = url.pathname.slice(prefix.length)
  return { kind: 'next', parts: { ...parts, path, query: [...url.searchParams] } }
}

/** The target of `rel="next"`. */
function linkIn(header = ''): string | undefined {
  for (const part of header.slice(0, 8_192).split(/,(?=\s*<)/)) {
    const [target = '', ...attributes] = part.split(';')
    if (attributes.some((attribute) => /^\s*rel="?next"?\s*$/.test(attribute))) return target.trim().slice(1, -1)
  }
  return undefined
}

function at(body: Json, path: string): Json | undefined {
  let value: Json | undefined = body
  for (const name of path === '.' ? [] : path.split('.'))
    value = isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined
  // `@odata.nextLink` is one name.
  return value ?? (isMap(body) && Object.hasOwn(body, path) ? body[path] : undefined)
}

function put(body: Json, path: readonly string[], value: readonly Json[]): Json {
  const [name, ...rest] = path
  if (name === undefined || !isMap(body)) return value
  return { ...body, [name]: put(body[name] ?? null, rest, value) }
}
