/** How far a pass has come. */
export interface Progress {
  readonly phase: string
  /** Files of `parse` and `commit`, tenants of `apply` and `record`; 0 of 0 where a phase counts nothing. */
  readonly done: number
  readonly total: number
}
