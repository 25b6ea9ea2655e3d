import { type Command, Option } from 'commander'
import { renderUnicodeCompact } from 'uqr'
import { type Role, roles } from '../../contract/roles.ts'
import { randomPassword } from '../../storage/registry/people/passwords.ts'
import type { Enrolment } from '../../storage/registry/people/second-factors.ts'
import type { CommandRunner } from './bcc.ts'
import { personJson, table } from './output.ts'

interface PasswordOptions {
  passwordStdin?: boolean
}

/** `bcc user …` @param readLine gives the first line of standard input. */
export function addUserCommands(program: Command, run: CommandRunner, readLine: () => Promise<string>): void {
  const user = program.command('user').description('people who may sign in')
  const fromStdin = new Option('--password-stdin', 'take the password from the first line of standard input')

  /** The password to set, and what to show of it: a random one once, a given one never. */
  async function choose({ passwordStdin }: PasswordOptions) {
    if (passwordStdin) return { password: await readLine(), shown: {}, line: '' }
    const password = randomPassword()
    return { password, shown: { password }, line: `\nPassword: ${password}\nThe password is shown this once.` }
  }

  user
    .command('add <name>')
    .description('add a person; without --password-stdin a random password is made and shown once')
    .addOption(new Option('--role <role>', 'what the person may do').choices(roles).makeOptionMandatory())
    .addOption(fromStdin)
    .action((username: string, options: PasswordOptions & { role: Role }) =>
      run(async (registry) => {
        const { password, shown, line } = await choose(options)
        const person = await registry.people.create({ username, role: options.role, password })
        return { json: { user: personJson(person), ...shown }, text: `User ${username} (${person.role})${line}` }
      }),
    )

  user
    .command('password <name>')
    .description('set a new password; all sessions of the person end')
    .addOption(fromStdin)
    .action((username: string, options: PasswordOptions) =>
      run(async (registry) => {
        const { password, shown, line } = await choose(options)
        await registry.people.setPassword(username, password)
        return { json: { username, ...shown }, text: `User ${username} has a new password.${line}` }
      }),
    )

  user
    .command('role <name>')
    .description('give another role; all sessions of the person end')
    .addOption(new Option('--role <role>', 'what the person may do').choices(roles).makeOptionMandatory())
    .action((username: string, { role }: { role: Role }) =>
      run(async (registry) => {
        const person = await registry.people.setRole(username, role)
        return { json: { user: personJson(person) }, text: `User ${username} is ${role} now.` }
      }),
    )

  user
    .command('totp <name>')
    .description('set up the second factor, shown this once; all sessions of the person end')
    .option('--remove', 'take it away instead')
    .action((username: string, { remove }: { remove?: boolean }) =>
      run(async (registry) => {
        if (remove) {
          await registry.secondFactors.remove(username)
          return { json: { username }, text: `User ${username} signs in without a second factor.` }
        }
        const enrolment = await registry.secondFactors.enrol(username)
        return { json: { username, ...enrolment }, text: enrolmentText(username, enrolment) }
      }),
    )

  user
    .command('remove <name>')
    .description('remove a person; all sessions of the person end')
    .action((username: string) =>
      run(async (registry) => {
        await registry.people.remove(username)
        return { json: { username }, text: `User ${username} is removed.` }
      }),
    )

  user
    .command('list')
    .description('all people')
    .action(() =>
      run(async (registry) => {
        const people = await registry.people.list()
        const rows = people.map(({ username, role }) => [username, role])
        return { json: { items: people.map(personJson) }, text: table(['NAME', 'ROLE'], rows) }
      }),
    )
}

function enrolmentText(
  username: string,
  { secret, uri, recoveryCodes }: Enrolment & { recoveryCodes: string[] },
): string {
  return [
    renderUnicodeCompact(uri),
    `User ${username} scans this with an authenticator, or types the secret: ${secret}`,
    `Without the authenticator each of these is good once:\n  ${recoveryCodes.join('\n  ')}`,
    'All this is shown this once.',
  ].join('\n')
}
