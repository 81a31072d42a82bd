/** Runs `work` one at a time: calls that come while it runs are one further run, however many they are. */
export function coalesce(work: () => Promise<void>): () => void {
  let isRunning = false
  let isWanted = false
  const turn = async (): Promise<void> => {
    if (isRunning) {
      isWanted = true
      return
    }
    isRunning = true
    try {
      do {
        isWanted = false
        await work()
      } while (isWanted)
    } finally {
      isRunning = false
    }
  }
  return () => void turn()
}
