import type { Mutant } from '../mutant.ts'
import { firstDrawMutants } from './first-draw.ts'

/** All of them, area by area. */
export const mutants: readonly Mutant[] = [...firstDrawMutants]
