/** What a host and its controller hold each other to. A host that breaks one of these is ended and replaced. */

/** The descriptor of the channel in a host. */
export const channel = 3
/** Between two signs of life. */
export const beatMs = 200
/** Between two looks of the controller at its hosts. */
export const lookMs = 250
/** Looks without a sign of life after which a host counts as hung. Looks and not time: where the controller itself was held up, none is missed. */
export const silentLooks = 6
/** The same for one that waits for a processor or the disk and has had less than this share of a processor meanwhile. */
export const starvedLooks = 20
export const starvedShare = 0.25
/** The same for a host that is still starting. */
export const startingLooks = 120
/** Messages between two looks that carry no answer. */
export const idleMessages = 16
/** Bytes of one message. */
export const mostBytesFromHost = 80 * 1024 * 1024
export const mostBytesToHost = 1024 * 1024 * 1024
/** Characters of one answer, at most three bytes each; what is longer is told as a fault of its run. */
export const answerCharacters = 20 * 1024 * 1024
/** Heap of a host, unless somebody says otherwise. */
export const heapMb = 256
/** What a host may use beside its heap: buffers, code, the runtime itself. */
export const besideHeapMb = 192
/** Share of its memory from which a host is given no more runs and is replaced without loss. */
export const drainShare = 0.8
/** Pinned objects that a host keeps. */
export const objectsKept = 4_000
