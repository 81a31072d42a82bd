/** Thrown by `secretOf` with words that may stand in the journal; the words of any other error may quote a value. */
export class SecretUnavailable extends Error {}
