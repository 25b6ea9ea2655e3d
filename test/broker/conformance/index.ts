import type { Case } from './case.ts'
import { textCases } from './chapter-1-text.ts'
import { headerCases } from './chapter-2-header.ts'
import { connectCases } from './chapter-3-connect.ts'
import { publishCases } from './chapter-3-publish.ts'
import { subscribeCases } from './chapter-3-subscribe.ts'
import { version31Cases } from './version-3-1.ts'

/** What MQTT 3.1.1 says of the bytes on the wire, case by case; the names begin with its statement numbers. */
export const conformanceCases: readonly Case[] = [
  ...textCases,
  ...headerCases,
  ...connectCases,
  ...publishCases,
  ...subscribeCases,
  ...version31Cases,
]
