import type { CelType } from '@bufbuild/cel'
import { celFunctions } from './expression-plan.ts'
import { any, either, type Kind, kindsOf, listOf, mayBe, never, type Type } from './value-type.ts'

interface Overload {
  readonly isMethod: boolean
  /** Kinds of the target of a method, then of each argument. */
  readonly takes: readonly number[]
  readonly gives: Type
}

/** The overloads of a function, as the library that evaluates it declares them: there is no second list that could differ. */
const overloads = new Map<string, readonly Overload[]>()

function overloadsOf(name: string): readonly Overload[] {
  let known = overloads.get(name)
  if (!known) {
    known = Array.from(celFunctions(name), ({ target, arguments: taken, result }) => ({
      isMethod: target !== undefined,
      takes: [...(target ? [target] : []), ...taken].map((type) => typeOfCel(type).kinds),
      gives: typeOfCel(result),
    }))
    overloads.set(name, known)
  }
  return known
}

/** What a call gives where its operands are of these types; `never` where no overload takes them. */
export function typeOfCall(name: string, isMethod: boolean, operands: readonly Type[]): Type {
  return overloadsOf(name)
    .filter(({ takes }) => takes.length === operands.length)
    .filter((each) => each.isMethod === isMethod)
    .filter(({ takes }) => takes.every((kinds, place) => mayBe(operands[place] ?? never, kinds)))
    .reduce((type: Type, { gives }) => either(type, gives), never)
}

const messages: Readonly<Record<string, Kind>> = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'duration',
}

function typeOfCel(type: CelType): Type {
  if (type.kind === 'list') return listOf(typeOfCel(type.element))
  if (type.kind === 'map') return { kinds: kindsOf('map') }
  if (type.kind === 'object') return { kinds: kindsOf(messages[type.name] as Kind) }
  if (type.scalar === 'dyn') return any
  return { kinds: kindsOf(type.scalar === 'null_type' ? 'null' : type.scalar) }
}
