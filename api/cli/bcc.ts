import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { Command, CommanderError } from 'commander'
import { Refusal } from '../../contract/http/refusal.ts'
import { anchorHead } from '../../storage/registry/audit/anchoring.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { addDeviceCommands } from './device-commands.ts'
import type { Answer } from './output.ts'
import { addTokenCommands } from './token-commands.ts'
import { addUserCommands } from './user-commands.ts'
import { addVerifyCommands } from './verify-commands.ts'

export interface BccParts {
  /** Called only when a command needs it: `--help` opens nothing. */
  openRegistry: () => Promise<Registry>
  /** Where the running system writes the anchors of the audit. */
  anchorFile: string
  out: Writable
  err: Writable
  stdin: Readable
}

/** Runs the work of one command on an open registry and prints its answer. */
export type CommandRunner = (work: (registry: Registry) => Promise<Answer>) => Promise<void>

/** Exit codes. */
const done = 0
const refused = 1
const wrongUsage = 2

/**
 * The operator's command line.
 * @param argv What follows `bcc`.
 * @returns The exit code: 0 done, 1 could not (one sentence is on `err`), 2 wrong usage.
 */
export async function runBcc(
  argv: readonly string[],
  { openRegistry, anchorFile, out, err, stdin }: BccParts,
): Promise<number> {
  const program = new Command('bcc')
    .description('operations of the command centre')
    .exitOverride()
    .showHelpAfterError('Add --help for the usage.')
    .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => err.write(text) })
  let asJson = false
  let exitCode = done

  const run: CommandRunner = async (work) => {
    const registry = await openRegistry()
    try {
      const before = await registry.audit.head()
      const { json, text, failed = false } = await work(registry)
      await anchorChanges(registry, before?.count ?? 0)
      if (failed) exitCode = refused
      if (asJson) out.write(`${JSON.stringify(json)}\n`)
      else (failed ? err : out).write(`${text}\n`)
    } finally {
      await registry.close()
    }
  }

  /** What was changed here is anchored here: the system that would do it may not run. */
  async function anchorChanges({ audit, auditSigner: signer }: Registry, countBefore: number): Promise<void> {
    if (((await audit.head())?.count ?? 0) === countBefore) return
    try {
      await anchorHead({ audit, signer, anchorFile, now: Date.now }, null)
    } catch (error) {
      err.write(`The change is made, but the audit could not be anchored in ${anchorFile}: ${sentence(error)}\n`)
    }
  }

  addDeviceCommands(program, run)
  addUserCommands(program, run, () => firstLine(stdin))
  addTokenCommands(program, run)
  addVerifyCommands(program, run, anchorFile)
  for (const command of [program, ...program.commands.flatMap((group) => [group, ...group.commands])]) {
    command.option('--json', 'answer as JSON').on('option:json', () => {
      asJson = true
    })
  }

  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return exitCodeOf(error, err)
  }
}

function exitCodeOf(error: unknown, err: Writable): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? done : wrongUsage
  err.write(`${sentence(error)}\n`)
  return refused
}

/** One line, whatever the error holds. */
function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const line = message.replace(/\s+/g, ' ').trim()
  return error instanceof Refusal ? line : `bcc: ${line}`
}

async function firstLine(stdin: Readable): Promise<string> {
  for await (const line of createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY })) return line
  throw new Refusal('weak-password', 'There is no password on standard input.')
}
