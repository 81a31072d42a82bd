import { join } from 'node:path'

export const fakeVendor = join(import.meta.dirname, 'fake-vendor.ts')
