import type { Kysely, Transaction } from 'kysely'
import type { Area } from './area.ts'
import type * as areas from './areas.ts'

type AnyArea = (typeof areas)[keyof typeof areas]

type Joined<Union> = (Union extends unknown ? (part: Union) => void : never) extends (part: infer All) => void
  ? All
  : never
type TablesOf<One> = One extends Area<infer Tables, infer _Writers, infer _Members> ? Tables : never
type WritersOf<One> = One extends Area<infer _Tables, infer Writers, infer _Members> ? Writers : never
type MembersOf<One> = One extends Area<infer _Tables, infer _Writers, infer Members> ? Members : never

/** Tables of all areas. Times are ms since 1970 UTC; flags are 0 and 1. */
export type RegistrySchema = Joined<TablesOf<AnyArea>>
/** What changes the registry; each change is noted in the audit as that of one actor. */
export type RegistryWriters = Joined<WritersOf<AnyArea>>
/** What else the areas give. */
export type RegistryMembers = Joined<MembersOf<AnyArea>>

export type RegistryDatabase = Kysely<RegistrySchema>
export type Writing = Transaction<RegistrySchema>
