import { forgeConformance } from '../../../conformance/forge.ts'
import { openedLocally } from './local-forges.ts'

forgeConformance('the local forge, bare', () => openedLocally({ isBare: true }))
forgeConformance('the local forge without git', () => openedLocally({ isBare: true, git: null }))
forgeConformance('the local forge in a checkout', () => openedLocally({ isBare: false }))
