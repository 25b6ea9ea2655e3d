import type { Mutant } from '../mutant.ts'
import { accountMutants } from './accounts.ts'
import { brokerMutants } from './broker.ts'
import { firstDrawMutants } from './first-draw.ts'
import { httpMutants } from './http.ts'
import { storageMutants } from './storage.ts'
import { strangerMutants } from './strangers.ts'
import { systemMutants } from './system.ts'

/** All of them, area by area. */
export const mutants: readonly Mutant[] = [
  ...firstDrawMutants,
  ...accountMutants,
  ...httpMutants,
  ...brokerMutants,
  ...storageMutants,
  ...strangerMutants,
  ...systemMutants,
]
