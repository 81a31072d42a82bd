/** Secrets files: SOPS format, age recipients. */
export { type AgeKey, openAgeKey } from './age-key.ts'
export { recipientsFor, rulesFile } from './creation-rules.ts'
export { openSecrets, type SecretsBlob } from './open-secrets.ts'
export { SecretError } from './secret-error.ts'
export { setSecret } from './set-secret.ts'
export { readSopsFile, type SopsFile } from './sops-file.ts'
