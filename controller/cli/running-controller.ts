import type { ControllerView, RunHistory } from '../api/controller.ts'
import type { Progress } from '../reconcile/progress.ts'
import type { Reconciled } from '../reconcile/reconciled.ts'

export interface ControllerOptions {
  /** A folder, or the address of an https remote. */
  readonly fleet: string
  readonly revision?: string
  /** Folder for database, keys and mirror. */
  readonly state: string
  readonly port: number
  readonly isSandbox: boolean
  /** Branch of a local repository in which upgrades are proposed; none where absent. */
  readonly proposeOn: string | undefined
  readonly allowRemovals: number | undefined
  readonly gitToken: string | undefined
  readonly logLevel: string
  /** Whether a reconcile waits until every tenant's own repository has answered or failed. */
  readonly isPatient?: boolean
  /** File with the age identity; that of the state folder where absent. */
  readonly ageKeyFile?: string
  /** Networks beside the public ones that vendors may be reached in: `10.1.0.0/16`. */
  readonly allowedNetworks?: readonly string[]
  /** PEM of the authority that signs the certificates of products there. */
  readonly authority?: string
  /** How far a pass has come that takes its time. */
  readonly onProgress?: (progress: Progress) => void
}

export interface RunningController {
  readonly url: string
  readonly sandboxOrigin: string | undefined
  readonly stateFolder: string
  readonly view: ControllerView
  reconcile(): Promise<Reconciled>
  /** Reconciles whenever the fleet may have changed, until the controller is closed. */
  watch(onReconciled: (reconciled: Reconciled) => void): Promise<void>
  /** Resolves when the run has ended, or waits for a person. */
  finished(runId: string): Promise<RunHistory>
  /** Resolves when no run can go on by itself. */
  settled(): Promise<void>
  close(): Promise<void>
}

export type StartController = (options: ControllerOptions) => Promise<RunningController>
