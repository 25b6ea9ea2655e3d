import { type Command, InvalidArgumentError, Option } from 'commander'
import { newTokenSchema } from '../../contract/http/tokens.ts'
import { type TokenRole, tokenRoles } from '../../contract/roles.ts'
import { tokenView } from '../people/token-routes.ts'
import type { CommandRunner } from './bcc.ts'
import { table } from './output.ts'

/** `bcc token …` */
export function addTokenCommands(program: Command, run: CommandRunner): void {
  const token = program.command('token').description('tokens of machines and screens')

  token
    .command('add <name>')
    .description('make a token; it is shown this once')
    .addOption(new Option('--role <role>', 'what it may do').choices(tokenRoles).makeOptionMandatory())
    .option('--days <days>', 'days that it is good; until it is revoked when absent', days)
    .option('--filter <filter>', 'MQTT topic filter of a service; may be given several times', addFilter)
    .action((name: string, { role, days: good, filter: filters }: TokenOptions) =>
      run(async (registry) => {
        const { record, token: secret } = await registry.tokens.create({ name, role, days: good, filters })
        const text = `Token ${name} (${role})\nToken: ${secret}\nThe token is shown this once.`
        return { json: { record: tokenView(record), token: secret }, text }
      }),
    )

  token
    .command('revoke <name>')
    .description('the token stops working; screens and services that use it are cut off')
    .action((name: string) =>
      run(async (registry) => {
        await registry.tokens.revoke(name)
        return { json: { name }, text: `Token ${name} does not work any more.` }
      }),
    )

  token
    .command('list')
    .description('all tokens')
    .action(() =>
      run(async (registry) => {
        const items = (await registry.tokens.list()).map(tokenView)
        const rows = items.map(({ name, role, expiresAt, usedAt, filters = [] }) => [
          name,
          role,
          expiresAt ?? '-',
          usedAt ?? '-',
          filters.join(' ') || '-',
        ])
        return { json: { items }, text: table(['NAME', 'ROLE', 'EXPIRES', 'LAST USED', 'FILTERS'], rows) }
      }),
    )
}

interface TokenOptions {
  role: TokenRole
  days?: number
  filter?: string[]
}

function addFilter(filter: string, before: string[] = []): string[] {
  return [...before, filter]
}

function days(text: string): number {
  const checked = newTokenSchema.shape.days.safeParse(Number(text))
  if (checked.success && checked.data !== undefined) return checked.data
  throw new InvalidArgumentError('1 to 3650')
}
