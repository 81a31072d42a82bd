import type { Digest } from '../../core/model/effective.ts'
import type { Json } from '../../core/model/values.ts'
import type { RunEvent } from '../../core/run/events.ts'

/** An intent that is durable now. The secret is for this attempt alone. */
export interface ReadyAttempt {
  readonly step: string
  readonly connection: string
  readonly secret: string | null
}

/** One whole advance of a run: perform what is durable as an intent, then decide until the next intent or wait. */
export interface Order {
  /** Where the run sits in its host. The first order of a seat brings the whole journal. */
  readonly seat: number
  /** What the journal got since the last answer; left out where that is just what the answer said. */
  readonly events?: readonly RunEvent[]
  readonly perform: readonly ReadyAttempt[]
  readonly now: number
  /** No other run is under way: what this one is told next should not find its host asleep. */
  readonly isAlone?: true
  /** The controller is stopping: say what was performed, announce nothing new. */
  readonly settleOnly?: true
}

/** What a host starts with. */
export interface HostSetup {
  /** URL or absolute path of a module that exports `openPerform`. */
  readonly performModule: string
  /** Handed to it; must survive JSON. */
  readonly performOptions: unknown
}

/** Everything that a controller had to say to a host in one turn of its event loop. */
export interface ToHost {
  readonly setup?: HostSetup
  /** Pinned objects that the host does not have yet. */
  readonly objects?: readonly (readonly [Digest, Json])[]
  /** Pinned objects that it need not keep any longer. */
  readonly forget?: readonly Digest[]
  readonly orders?: readonly Order[]
  /** Seats that are given up. */
  readonly leave?: readonly number[]
}

/** A time at which a run is to be looked at again. */
export interface Wait {
  readonly at: number
}

export interface Answer {
  readonly seat: number
  /** To be appended; the intents among them are performed with the next order. */
  readonly events: readonly RunEvent[]
  readonly waits: readonly Wait[]
  /** A bug that the interpreter ran into after these events. */
  readonly fault?: string
}

/** Everything that a host had to say in one turn; without answers it is a sign of life. */
export interface FromHost {
  readonly answers?: readonly Answer[]
  /** What it is about to die of: a name and a place in the program, never the words of an error. */
  readonly dying?: string
}
